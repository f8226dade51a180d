# SPDX-License-Identifier: Apache-2.0
# What the commands inside the labs of tests/e2e/lab*.t share.

# get [OPTION]... URL: curl's exit code, the status and the size of the body. What is
# silent has an -m of its own: the one here is only a watchdog.
get() {
    r=$(curl -sS -m 40 -o "$HOME/body" -w "%{http_code} %{size_download}" "$@" \
        2>>"$LAB_DIR/curl.err")
    echo "$? $r"
}

# ask [OPTION]... NAME: dig, once; where silence is meant, within $patience seconds.
ask() { dig +tries=1 +time="${patience:-20}" "$@"; }

# settled: what was sent before, and what it called for, has passed the censor and the
# routers: they keep the order, and this goes the same way there and back.
settled() { get http://93.184.216.34/ >/dev/null; }

# captured DISPLAY-FILTER: waits until such a packet has come to the only volunteer.
captured() {
    for _ in $(seq 400); do
        ! tshark -r "$LAB_DIR/client.pcap" -Y "$1" 2>/dev/null | grep -q . || break
        sleep 0.1
    done
}

# issuer NAME: whose certificate NAME has, and whether it is believed
issuer() {
    openssl s_client -connect "$1:443" -servername "$1" </dev/null 2>/dev/null |
        sed -n "s/^issuer=CN = \([^,]*\).*/\1/p; s/^Verify return code: \([0-9]*\).*/\1/p" |
        sort -u | tr "\n" " "
}

# probe_hop HOPS ADDR: a packet that goes so far and no farther
probe_hop() {
    perl -MSocket=:all -e '
        my ($hops, $to) = @ARGV;
        my $six = $to =~ /:/;
        socket(my $s, $six ? PF_INET6 : PF_INET, SOCK_DGRAM, 0) or die $!;
        setsockopt($s, $six ? IPPROTO_IPV6 : IPPROTO_IP,
            $six ? IPV6_UNICAST_HOPS : IP_TTL, pack("i", $hops)) or die $!;
        send($s, "x", 0, $six
            ? pack_sockaddr_in6(33434, inet_pton(AF_INET6, $to))
            : pack_sockaddr_in(33434, inet_aton($to))) or die $!;' "$@"
}

# cut_hello ADDR NAME: a ClientHello in pieces of 40 bytes; "answer", or "reset"
cut_hello() {
    perl -MSocket=:all -e '
        my ($to, $name) = @ARGV;
        $SIG{PIPE} = "IGNORE";
        alarm 40;
        my $n = length $name;
        my $more = pack("n n n C n a*", 0, $n + 5, $n + 3, 0, $n, $name) .
            pack("n n n n", 10, 4, 2, 23) . pack("n n C C", 11, 2, 1, 0) .
            pack("n n n n n n", 13, 8, 6, 0x0403, 0x0804, 0x0401);
        my $body = pack("n a32 C n n C C n a*", 0x303, "r" x 32, 0, 2, 0xc02b,
            1, 0, length $more, $more);
        my $hello = pack("C n n C C n a*", 22, 0x301, length($body) + 4, 1, 0,
            length $body, $body);
        socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
        connect($s, pack_sockaddr_in(443, inet_aton($to))) or die $!;
        setsockopt($s, IPPROTO_TCP, TCP_NODELAY, 1) or die $!;
        my $got;
        while (length $hello && defined($got = syswrite $s,
                substr $hello, 0, 40, "")) {
            select undef, undef, undef, 0.01;
        }
        $got = sysread $s, my $answer, 100 if defined $got;
        print $got ? "answer" : $!{ECONNRESET} || $!{EPIPE} ? "reset" : "end",
            "\n";' "$@"
}

# after_words ADDR HOST PATH WORDS SECONDS: asks for PATH, says WORDS when the answer
# has begun, and lets a second connection be made, whose answer goes the same way as
# all that the server said before the censor met WORDS, and behind it. `on`, as soon as
# there is any packet of the server after that; `silence`, if there is none for SECONDS.
after_words() {
    perl -MSocket=:all -e '
        my ($to, $host, $path, $words, $patience) = @ARGV;
        my $at = pack_sockaddr_in(80, inet_aton($to));
        sub packets { # tcpi_segs_in
            my $info = getsockopt($_[0], IPPROTO_TCP, TCP_INFO) or die $!;
            return unpack "x140 L", $info;
        }
        socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
        socket(my $behind, PF_INET, SOCK_STREAM, 0) or die $!;
        connect($s, $at) or die $!;
        syswrite $s, "GET $path HTTP/1.1\r\nHost: $host\r\n\r\n";
        sysread $s, my $part, 65536 or die $!;
        syswrite $s, $words;
        connect($behind, $at) or die $!;
        my $before = packets($s);
        for (1 .. 20 * $patience) {
            last if packets($s) != $before;
            select undef, undef, undef, 0.05;
        }
        print packets($s) == $before ? "silence" : "on", "\n";' "$@"
}

# head_bytes ADDR HOST: how many bytes of headers HOST says at port 80
head_bytes() {
    perl -MSocket=:all -e '
        my ($to, $host) = @ARGV;
        alarm 80;
        socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
        connect($s, pack_sockaddr_in(80, inet_aton($to))) or die $!;
        syswrite $s, "GET / HTTP/1.0\r\nHost: $host\r\n\r\n";
        my $all = "";
        1 while sysread $s, $all, 65536, length $all;
        print index($all, "\r\n\r\n"), "\n";' "$@"
}
