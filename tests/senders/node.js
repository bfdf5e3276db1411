// node node.js winston|syslog-client udp|tcp|tls PORT: a message a line of standard input.
const [library, transport, port] = process.argv.slice(2);
const lines = require("fs").readFileSync(0, "utf8").trimEnd().split("\n");

function byWinston() {
  const { Syslog } = require("winston-syslog");
  const tls = { rejectUnauthorized: false };
  const out = new Syslog({
    host: "127.0.0.1", port: Number(port), protocol: `${transport}4`, app_name: "winston",
    localhost: "node1", type: "5424", protocolOptions: transport === "tls" ? tls : {},
  });
  out.on("error", (error) => { throw error; });
  const logger = require("winston").createLogger({
    levels: require("winston").config.syslog.levels, transports: [out],
  });
  // Its queue says nothing of each datagram: whoever started this ends it, too.
  if (transport !== "udp") out.on("logged", () => {
    out.socket.once("close", () => process.exit(0)); // before the library connects again
    out.socket.end();
  });
  for (const line of lines) logger.warning(line);
}

function bySyslogClient() {
  const syslog = require("syslog-client");
  const client = syslog.createClient("127.0.0.1", {
    port: Number(port), syslogHostname: "node1", appName: "client", rfc3164: transport === "udp",
    transport: transport === "udp" ? syslog.Transport.Udp : syslog.Transport.Tcp,
  });
  let left = lines.length;
  const sent = (error) => {
    if (error) throw error;
    if (--left === 0) client.close();
  };
  for (const line of lines) client.log(line, { severity: syslog.Severity.Warning }, sent);
}

if (library === "winston") byWinston();
else bySyslogClient();
