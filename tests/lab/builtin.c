// SPDX-License-Identifier: Apache-2.0
#include "builtin.h"

#include "conf.h"

#include <stdio.h>
#include <string.h>

// The first host of an address answers for names the address does not know:
// badssl.com stands first so that any other name gets an untrusted
// certificate there.
const char lab_builtin_world[] =
    "host www.example.com,www.example.org,example.com,example.org "
    "93.184.216.34 asn 15133 \"Edgecast Inc.\" cc US\n"
    "page www.example.com * 200 @default header "
    "\"Alt-Svc: h3=\\\":443\\\"\"\n"
    "page www.example.org * 200 @default header "
    "\"Alt-Svc: h3=\\\":443\\\"\"\n"
    "page example.com * 308 redirect https://www.example.com/\n"
    "page example.org * 308 redirect https://www.example.org/\n"

    "host 83.224.65.41 83.224.65.41 port 80 asn 30722 "
    "\"Vodafone Italia S.p.A.\" cc IT\n"
    "page 83.224.65.41 * 200 @block\n"

    "host bit.ly,bitly.com 67.199.248.11 port 443 asn 396982 "
    "\"Google LLC\" cc US\n"
    "page bit.ly /21645 308 redirect https://www.example.com/\n"
    "page bit.ly /32447 308 redirect http://www.example.com/\n"
    "page bit.ly * 308 redirect https://www.example.org/\n"
    "page bitly.com * 308 redirect https://www.example.com/\n"

    "host badssl.com,wrong.host.badssl.com,untrusted-root.badssl.com,"
    "expired.badssl.com 104.154.89.105 port 443 asn 396982 "
    "\"Google LLC\" cc US\n"
    "cert badssl.com untrusted\n"
    "cert wrong.host.badssl.com wrong-name\n"
    "cert untrusted-root.badssl.com untrusted\n"
    "cert expired.badssl.com expired\n"

    "host ya.ru,yandex.com,xn--d1acpjx3f.xn--p1ai 5.255.255.80 asn 13238 "
    "\"YANDEX LLC\" cc RU\n"
    "page ya.ru * 200 @default\n"
    "page yandex.com * 308 redirect https://ya.ru/\n"
    "page xn--d1acpjx3f.xn--p1ai * 308 redirect https://yandex.com/\n"

    "host largefile.com 52.35.36.75 asn 16509 \"Amazon.com, Inc.\" cc US\n"
    "page largefile.com * 200 size 32mb\n"

    "host www.cloudflare-cache.com 104.16.132.229 asn 13335 "
    "\"Cloudflare, Inc.\" cc US\n"
    "page www.cloudflare-cache.com * 200 @default\n"
    "serve www.cloudflare-cache.com to client status 503 file @captcha\n"

    "host httpbin.com 172.67.144.64 asn 13335 \"Cloudflare, Inc.\" cc US\n"
    "page httpbin.com /broken-redirect-http 302 redirect "
    "http://www.example.com/\n"
    "page httpbin.com /broken-redirect-https 302 redirect "
    "https://www.example.com/\n"
    "serve httpbin.com /broken-redirect-http to client status 302 header "
    "\"Location: http://\"\n"
    "serve httpbin.com /broken-redirect-https to client status 302 header "
    "\"Location: https://\"\n"
    "page httpbin.com /redirect/0 200 @default\n"
    "page httpbin.com /redirect/1 302 redirect /redirect/0\n"
    "page httpbin.com /redirect/2 302 redirect /redirect/1\n"
    "page httpbin.com /redirect/3 302 redirect /redirect/2\n"
    "page httpbin.com /redirect/4 302 redirect /redirect/3\n"
    "page httpbin.com /redirect/5 302 redirect /redirect/4\n"
    "page httpbin.com /redirect/6 302 redirect /redirect/5\n"
    "page httpbin.com /redirect/7 302 redirect /redirect/6\n"
    "page httpbin.com /redirect/8 302 redirect /redirect/7\n"
    "page httpbin.com /redirect/9 302 redirect /redirect/8\n"
    "page httpbin.com /redirect/10 302 redirect /redirect/9\n"
    "page httpbin.com /redirect/11 302 redirect /redirect/10\n"
    "page httpbin.com /redirect/12 302 redirect /redirect/11\n"
    "page httpbin.com /redirect/13 302 redirect /redirect/12\n"
    "page httpbin.com /redirect/14 302 redirect /redirect/13\n"
    "page httpbin.com /redirect/15 302 redirect /redirect/14\n"

    "host 0.th.ooni.org 68.183.70.80 asn 14061 \"DigitalOcean, LLC\" cc US\n"
    "host 1.th.ooni.org 137.184.235.44 asn 14061 \"DigitalOcean, LLC\" cc US\n"
    "host 2.th.ooni.org 178.62.195.24 asn 14061 \"DigitalOcean, LLC\" cc GB\n"
    "host 3.th.ooni.org 209.97.183.73 asn 14061 \"DigitalOcean, LLC\" cc GB\n"
    "host d33d1gs9kpq1c5.cloudfront.net 52.85.15.84 asn 16509 "
    "\"Amazon.com, Inc.\" cc US\n"
    "page 0.th.ooni.org * proxy control\n"
    "page 1.th.ooni.org * proxy control\n"
    "page 2.th.ooni.org * proxy control\n"
    "page 3.th.ooni.org * proxy control\n"
    "page d33d1gs9kpq1c5.cloudfront.net * proxy control\n"
    "host api.ooni.io 162.55.247.208 asn 24940 \"Hetzner Online GmbH\" "
    "cc DE\n"
    "page api.ooni.io * proxy collector\n"
    "host geoip.ubuntu.com 185.125.188.132 asn 41231 \"Canonical Group "
    "Limited\" cc GB\n"

    "resolver isp 130.192.3.21\n"
    "resolver public 8.8.8.8 doh dns.google\n"
    "resolver public 8.8.4.4 doh dns.google\n"
    "resolver public 9.9.9.9 doh dns.quad9.net\n"
    "resolver public 149.112.112.112 doh dns.quad9.net\n"
    "resolver public 1.1.1.1 doh cloudflare-dns.com\n"
    "resolver public 1.0.0.1 doh cloudflare-dns.com\n"
    "resolver public 172.64.41.4 doh mozilla.cloudflare-dns.com\n"
    "resolver public 208.67.222.222 doh doh.opendns.com\n"
    "resolver public 208.67.220.220 doh doh.opendns.com\n"
    "resolver public 38.175.119.129 doh dns.nextdns.io\n"

    "route 1 130.192.91.1\n"
    "route 2 90.147.80.1\n"
    "route 3 185.191.181.1\n"
    "route 4 62.40.98.1\n"
    "route 5 62.40.124.1\n";

// A page of exactly `size - 1` bytes: a head, lines of text, a tail.
static const char *padded(char *out, size_t size, const char *title)
{
    static const char tail[] = "</p>\n</body>\n</html>\n";
    int n = snprintf(out, size,
                     "<!doctype html>\n<html lang=\"en\">\n<head>\n"
                     "<meta charset=\"utf-8\">\n<title>%s</title>\n</head>\n"
                     "<body>\n<h1>%s</h1>\n<p>",
                     title, title);
    size_t at = (size_t)n;
    size_t end = size - sizeof(tail);
    static const char text[] = "This page of the lab has a fixed length. ";
    for (size_t i = 0; at < end; i++) {
        out[at++] = text[i % (sizeof(text) - 1)];
    }
    memcpy(out + at, tail, sizeof(tail));
    return out;
}

const char *lab_builtin_file(const char *word)
{
    static char normal[1533 + 1];
    static char captcha[8432 + 1];
    if (strcmp(word, "@default") == 0) {
        return padded(normal, sizeof(normal), "Default Web Page");
    }
    if (strcmp(word, "@captcha") == 0) {
        return padded(captcha, sizeof(captcha), "Just a moment...");
    }
    return strcmp(word, "@block") == 0 ? lab_block_page : NULL;
}
