import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Logs one message a line of standard input by log4j2, as its configuration says. */
public class Lines {
    public static void main(String[] arguments) throws IOException {
        Logger logger = LogManager.getLogger("lines");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            logger.warn(line);
        }
        LogManager.shutdown();
    }
}
