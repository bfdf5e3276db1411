# perl sender.pl udp|tcp PORT: a message a line of standard input, by Perl's own Sys::Syslog.
use strict;
use warnings;
use Sys::Syslog qw(:standard :extended :macros);

my ($transport, $port) = @ARGV;
setlogsock({ type => $transport, host => "127.0.0.1", port => $port }) or die "no socket";
openlog("perl", "ndelay,pid", LOG_LOCAL0);
while (my $line = <STDIN>) {
    chomp $line;
    syslog(LOG_WARNING, "%s", $line) or die "not sent";
}
closelog();
