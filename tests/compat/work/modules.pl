# SPDX-License-Identifier: Apache-2.0
# Work for the perl scenario: modules with compiled parts, threads, fork, pipes, and sorting.
use strict;
use warnings;
use threads;
use threads::shared;
use Digest::SHA qw(sha256_hex);
use Encode qw(decode encode);
use List::Util qw(sum);
use POSIX qw(floor strftime);
use Storable qw(freeze thaw);

print "POSIX ", floor(-1.5), " ", strftime("%Y-%m-%d", gmtime(86400)), "\n";
print "Digest::SHA ", substr(sha256_hex("text" x 100000), 0, 16), "\n";
print "Encode ", length(encode("UTF-16BE", decode("UTF-8", "\xc3\xa4\xe2\x82\xac"))), "\n";
print "Storable ", join(",", sort keys %{ thaw(freeze({ map { $_ => [1 .. $_] } 1 .. 5 })) }), "\n";
print "List::Util ", sum(map { $_ * $_ } 1 .. 1000), "\n";

my $count : shared = 0;
my @threads = map {
  threads->create(sub { for (1 .. 500) { lock $count; $count++ } return threads->tid() })
} 1 .. 6;
my $tids = sum(map { $_->join() } @threads);
print "threads $count $tids\n";

my %words;
$words{ ($_ * 7919) % 1009 } .= "x" for 1 .. 200_000;
print "hash ", scalar(keys %words), " ", length(join "", values %words), "\n";

my $total = 0;
for my $number (1 .. 5) {
  my $child = open(my $pipe, "-|");
  defined $child or die "fork: $!";
  if (!$child) {    # its standard output is the pipe
    print $number * 100, "\n";
    POSIX::_exit(0) if close STDOUT;
  }
  $total += <$pipe>;
  close $pipe;
}
print "children $total\n";
