// SPDX-License-Identifier: Apache-2.0
/* Headers that servers, caches and providers send to everybody, and the
 * networks and names of their services as they publish them. A fingerprint that
 * is found here would accuse anybody.
 */
#include "record/fp_innocent.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* clang-format off */
const struct fp_innocent fp_innocent_headers[] = {
    {"server",
     "nginx\nnginx/1.18.0 (Ubuntu)\nnginx/1.25.3\nopenresty\n"
     "openresty/1.21.4.1\nApache\nApache/2.4.41 (Ubuntu)\n"
     "Apache/2.4.57 (Debian) OpenSSL/3.0.11 PHP/8.2.7\n"
     "Apache/2.2.15 (CentOS)\nApache-Coyote/1.1\nMicrosoft-IIS/10.0\n"
     "Microsoft-IIS/8.5\nMicrosoft-HTTPAPI/2.0\ncloudflare\n"
     "cloudflare-nginx\nLiteSpeed\nCaddy\nlighttpd/1.4.59\nTengine\n"
     "Jetty(9.4.43.v20210629)\ngunicorn\ngunicorn/20.1.0\nuvicorn\n"
     "Werkzeug/2.0.2 Python/3.9.5\nPython/3.9 aiohttp/3.8.1\n"
     "SimpleHTTP/0.6 Python/3.8.10\nWSGIServer/0.2 CPython/3.8.10\n"
     "Cowboy\nKestrel\nExpress\nPhusion Passenger 6.0.12\nPuma\nthin\n"
     "WEBrick/1.6.0\nAmazonS3\nCloudFront\nawselb/2.0\nAWSALB\n"
     "ECS (dcb/7F83)\nECAcc (nyd/D179)\nAkamaiGHost\n"
     "AkamaiNetStorage\nAkamai Image Manager\nVarnish\n"
     "Google Frontend\ngws\nESF\nsffe\nGSE\nUploadServer\n"
     "scaffolding on HTTPServer2\nVercel\nNetlify\nGitHub.com\n"
     "Heroku\nFly/\nPepyaka\nSquarespace\nShopify\nWP Engine\n"
     "Flywheel/5.1.0\nDPS/2.0.0\nSucuri/Cloudproxy\nimperva\n"
     "Incapsula\nddos-guard\nQRATOR\nStackPath\nBunnyCDN\nKeyCDN\n"
     "Fastly\nyunjiasu\nCdn Cache Server\nBigIP\nF5 BIG-IP\n"
     "squid/4.10\nATS/9.1.0\nOracle-Application-Server-11g\n"
     "IBM_HTTP_Server\nSun-ONE-Web-Server/6.1\nZope/(2.13.22)\n"
     "Mojolicious (Perl)\nResin/4.0.36\n"
     "GlassFish Server Open Source Edition\nTomcat\nJBoss-EAP/7\n"
     "Undertow\nenvoy\nistio-envoy\nTraefik\nHAProxy\nZeus/4.3\n"
     "mini_httpd/1.19\nthttpd/2.25b\nmicro_httpd\n"
     "Boa/0.94.14rc21\nRocket\nhypercorn-h11\nServer\nweb server\n"
     "Unknown\nnone"},
    {"via",
     "1.1 varnish\n1.1 varnish (Varnish/6.0)\n"
     "1.1 varnish, 1.1 varnish\n1.1 google\n1.1 vegur\n"
     "1.1 0.cloudfront.net (CloudFront)\n1.1 proxy (squid/4.10)\n"
     "1.1 localhost (squid)\n1.1 Caddy\nHTTP/1.1 forward.http.proxy\n"
     "1.1 www.example.com\n1.0 fred\n2.0 PWR-FLEET-01"},
    {"location",
     "/\n/en/\n/en-us/\n/login\n/login?next=/\n/access?next=/\n"
     "/index.html\n/index.php\n/home\n/404\n/403\n/error\n"
     "/error.html\n/blocked\n/blocked.html\n/unavailable\n"
     "/maintenance\n/cdn-cgi/challenge\nhttp://www.example.com/\n"
     "http://example.com\nhttps://www.example.com/\n"
     "https://example.com/index.php?id=1&lang=en\n"
     "https://www.example.org/?lang=en\nhttps://example.net/home\n"
     "https://www.example.com/en-us/home?ref=1\n"
     "http://www.example.com/index.html\nhttp://example.co.uk/\n"
     "https://m.example.com/\n"
     "https://login.example.com/oauth/authorize?client_id=1\n"
     "https://accounts.google.com/signin\nhttps://www.google.com/\n"
     "http://www.google.com\nhttps://www.facebook.com/\n"
     "https://twitter.com/\nhttps://www.youtube.com/\nhttps://t.me/\n"
     "https://bit.ly/\nhttps://www.cloudflare.com/\n"
     "//www.example.com/\n?lang=en\n./\nindex.html"},
    {"content-type",
     "text/html\ntext/html; charset=UTF-8\ntext/html; charset=utf-8\n"
     "text/html;charset=ISO-8859-1\ntext/html; charset=windows-1251\n"
     "text/plain\napplication/json\napplication/xml\n"
     "application/octet-stream\nimage/png"},
    {"cache-control",
     "no-cache\nno-store\nprivate\npublic, max-age=3600\n"
     "no-store, no-cache, must-revalidate, post-check=0, pre-check=0\n"
     "max-age=0, private, must-revalidate"},
    {"pragma",
     "no-cache"},
    {"expires",
     "Thu, 19 Nov 1981 08:52:00 GMT\n0\n-1\n"
     "Mon, 02 Nov 2026 10:00:00 GMT"},
    {"date",
     "Mon, 02 Nov 2026 10:00:00 GMT"},
    {"last-modified",
     "Mon, 02 Nov 2026 10:00:00 GMT"},
    {"connection",
     "close\nkeep-alive\nKeep-Alive\nUpgrade"},
    {"keep-alive",
     "timeout=5, max=100\ntimeout=20"},
    {"content-length",
     "0\n162\n1234"},
    {"content-encoding",
     "gzip\nbr"},
    {"transfer-encoding",
     "chunked"},
    {"content-language",
     "en\nen-US\nru"},
    {"vary",
     "Accept-Encoding\nUser-Agent\nAccept-Encoding, Cookie"},
    {"etag",
     "\"5f3e-1a2b\"\nW/\"5f3e-1a2b\""},
    {"accept-ranges",
     "bytes"},
    {"age",
     "0\n3600"},
    {"allow",
     "GET, HEAD, POST"},
    {"x-powered-by",
     "PHP/7.4.33\nPHP/8.2.7\nPHP/5.3.3\nASP.NET\nExpress\nNext.js\n"
     "PleskLin\nWP Engine\nServlet/3.0\nW3 Total Cache/0.9.7"},
    {"x-aspnet-version",
     "4.0.30319"},
    {"x-frame-options",
     "SAMEORIGIN\nDENY"},
    {"x-content-type-options",
     "nosniff"},
    {"x-xss-protection",
     "1; mode=block\n0"},
    {"x-cache",
     "HIT\nMISS\nMISS from proxy\nHIT from proxy\n"
     "Miss from cloudfront\nHit from cloudfront\n"
     "Error from cloudfront\nTCP_HIT from a (AkamaiGHost)\n"
     "MISS, MISS\nHIT, HIT"},
    {"x-cache-lookup",
     "MISS from proxy:3128\nNONE from proxy:3128"},
    {"x-squid-error",
     "ERR_ACCESS_DENIED 0\nERR_CONNECT_FAIL 110"},
    {"x-served-by",
     "cache-fra1-FRA"},
    {"x-amz-cf-id",
     "0"},
    {"x-amz-cf-pop",
     "FRA50-C1"},
    {"x-request-id",
     "0"},
    {"x-robots-tag",
     "noindex"},
    {"x-ua-compatible",
     "IE=edge"},
    {"cf-ray",
     "0-FRA"},
    {"cf-cache-status",
     "DYNAMIC\nHIT"},
    {"cf-mitigated",
     "challenge"},
    {"alt-svc",
     "h3=\":443\"; ma=86400"},
    {"upgrade",
     "h2,h2c"},
    {"strict-transport-security",
     "max-age=31536000; includeSubDomains"},
    {"content-security-policy",
     "upgrade-insecure-requests\nframe-ancestors 'self'"},
    {"referrer-policy",
     "no-referrer"},
    {"access-control-allow-origin",
     "*"},
    {"p3p",
     "CP=\"NOI ADM DEV PSAi COM NAV OUR OTRo STP IND DEM\""},
    {"link",
     "<https://www.example.com/wp-json/>; rel=\"https://api.w.org/\""},
    {"refresh",
     "0; url=https://www.example.com/\n5"},
    {"retry-after",
     "3600"},
    {"www-authenticate",
     "Basic realm=\"Restricted\""},
    {"proxy-connection",
     "close\nkeep-alive"},
    {"warning",
     "110 squid \"Response is stale\""},
    {"set-cookie",
     "PHPSESSID=0; path=/\nJSESSIONID=0; Path=/; HttpOnly\n"
     "ASP.NET_SessionId=0; path=/; HttpOnly\n"
     "__cfduid=0; expires=Mon, 02-Nov-26 10:00:00 GMT; path=/; domain=.example.com\n"
     "__cf_bm=0; path=/\nlang=en; path=/\n"
     "session=0; Secure; SameSite=Lax\n"
     "AWSALB=0; Expires=Mon, 02 Nov 2026 10:00:00 GMT; Path=/\n"
     "_ga=0; domain=.example.com"},
};
const size_t fp_innocent_headers_count = COUNT(fp_innocent_headers);

const struct fp_innocent fp_innocent_nets[] = {
    {"no host",
     "0.0.0.0/8 127.0.0.0/8 ::/128 ::1/128 255.255.255.255/32"},
    {"Google's public resolver",
     "8.8.8.8 8.8.4.4 2001:4860:4860::/48"},
    {"Cloudflare's public resolver",
     "1.1.1.0/24 1.0.0.0/24 2606:4700:4700::/48"},
    {"Quad9's public resolver",
     "9.9.9.0/24 149.112.112.0/24 2620:fe::/48"},
    {"OpenDNS's public resolver",
     "208.67.222.0/24 208.67.220.0/24 2620:119:35::/48 "
     "2620:119:53::/48"},
    {"a public resolver",
     "94.140.14.14 94.140.15.15 94.140.14.15 94.140.15.16 "
     "94.140.14.140 94.140.14.141 185.228.168.9 185.228.169.9 "
     "185.228.168.10 185.228.168.168 185.228.169.168 77.88.8.0/24 "
     "2a02:6b8::feed:0/112 114.114.114.114 114.114.115.115 223.5.5.5 "
     "223.6.6.6 119.29.29.29 180.76.76.76 4.2.2.0/29 64.6.64.6 "
     "64.6.65.6 84.200.69.80 84.200.70.40 8.26.56.26 8.20.247.20 "
     "195.46.39.39 195.46.39.40 76.76.2.0/24 76.76.10.0/24 "
     "45.90.28.0/24 45.90.30.0/24 101.101.101.101 168.126.63.1 "
     "193.110.81.0 185.253.5.0 74.82.42.42"},
    {"Cloudflare's edge",
     "103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 104.16.0.0/13 "
     "104.24.0.0/14 108.162.192.0/18 131.0.72.0/22 141.101.64.0/18 "
     "162.158.0.0/15 172.64.0.0/13 173.245.48.0/20 188.114.96.0/20 "
     "190.93.240.0/20 197.234.240.0/22 198.41.128.0/17 2400:cb00::/32 "
     "2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32 "
     "2a06:98c0::/29 2c0f:f248::/32"},
    {"Fastly's edge",
     "23.235.32.0/20 43.249.72.0/22 103.244.50.0/24 103.245.222.0/23 "
     "103.245.224.0/24 104.156.80.0/20 140.248.64.0/18 "
     "140.248.128.0/17 146.75.0.0/17 151.101.0.0/16 157.52.64.0/18 "
     "167.82.0.0/17 172.111.64.0/18 185.31.16.0/22 199.27.72.0/21 "
     "199.232.0.0/16 2a04:4e40::/32 2a04:4e42::/32"},
    {"Akamai's edge",
     "2.16.0.0/13 23.0.0.0/12 23.32.0.0/11 23.64.0.0/14 23.72.0.0/13 "
     "23.192.0.0/11 72.246.0.0/15 88.221.0.0/16 92.122.0.0/15 "
     "95.100.0.0/15 96.6.0.0/15 96.16.0.0/15 104.64.0.0/10 "
     "184.24.0.0/13 184.50.0.0/15 184.84.0.0/14 2600:1400::/24 "
     "2a02:26f0::/29"},
    {"Amazon CloudFront's edge",
     "13.32.0.0/15 13.35.0.0/16 13.224.0.0/14 13.249.0.0/16 "
     "18.64.0.0/14 18.154.0.0/15 18.160.0.0/15 18.164.0.0/15 "
     "18.172.0.0/15 18.238.0.0/15 18.244.0.0/15 52.84.0.0/15 "
     "52.222.128.0/17 54.182.0.0/16 54.192.0.0/16 54.230.0.0/17 "
     "54.230.128.0/18 54.239.128.0/18 65.8.0.0/16 65.9.0.0/17 "
     "99.84.0.0/16 99.86.0.0/16 108.138.0.0/15 108.156.0.0/14 "
     "143.204.0.0/16 204.246.164.0/22 205.251.192.0/19 "
     "216.137.32.0/19 2600:9000::/28"},
    {"Google's edge",
     "64.233.160.0/19 66.102.0.0/20 66.249.64.0/19 72.14.192.0/18 "
     "74.125.0.0/16 108.177.0.0/17 142.250.0.0/15 172.217.0.0/16 "
     "172.253.0.0/16 173.194.0.0/16 209.85.128.0/17 216.58.192.0/19 "
     "216.239.32.0/19 2001:4860::/32 2404:6800::/32 2607:f8b0::/32 "
     "2800:3f0::/32 2a00:1450::/32 2c0f:fb50::/32"},
    {"Facebook's edge",
     "31.13.24.0/21 31.13.64.0/18 57.144.0.0/14 66.220.144.0/20 "
     "69.63.176.0/20 69.171.224.0/19 102.132.96.0/20 129.134.0.0/17 "
     "157.240.0.0/16 163.70.128.0/17 173.252.64.0/18 179.60.192.0/22 "
     "185.60.216.0/22 204.15.20.0/22 2a03:2880::/32"},
    {"Twitter's edge",
     "104.244.40.0/21 199.16.156.0/22 199.59.148.0/22 69.195.160.0/19 "
     "192.133.76.0/22"},
    {"Telegram",
     "91.108.4.0/22 91.108.8.0/21 91.108.16.0/21 91.108.56.0/22 "
     "149.154.160.0/20 2001:67c:4e8::/48 2001:b28:f23d::/48"},
    {"Wikimedia",
     "91.198.174.0/24 103.102.166.0/24 185.15.56.0/22 195.200.68.0/24 "
     "198.35.26.0/23 208.80.152.0/22 2620:0:860::/46 2a02:ec80::/29"},
    {"GitHub",
     "140.82.112.0/20 185.199.108.0/22 192.30.252.0/22 2606:50c0::/32"},
    {"Microsoft's edge",
     "13.107.0.0/16 150.171.0.0/16 204.79.197.0/24 2620:1ec::/36"},
    {"Imperva's edge",
     "45.60.0.0/16 45.64.64.0/22 45.223.0.0/16 103.28.248.0/22 "
     "107.154.0.0/16 149.126.72.0/21 185.11.124.0/22 192.230.64.0/18 "
     "198.143.32.0/19 199.83.128.0/21 2a02:e980::/29"},
    {"Sucuri's edge",
     "66.248.200.0/22 185.93.228.0/22 192.88.134.0/23 "
     "192.124.249.0/24 2a02:fe80::/29"},
    {"a hoster of very many sites",
     "23.227.38.0/24 76.76.21.0/24 75.2.60.5 99.83.190.102 "
     "162.159.128.0/17 185.230.60.0/22 192.0.64.0/18 198.49.23.144/30 "
     "198.185.159.144/30 151.139.0.0/16 199.36.158.0/24 "
     "216.198.79.0/24 64.29.17.0/24"},
};
const size_t fp_innocent_nets_count = COUNT(fp_innocent_nets);

const struct fp_innocent fp_innocent_zones[] = {
    {"Akamai's edge",
     "akamai.net akamaiedge.net edgekey.net edgesuite.net "
     "akamaized.net akamaihd.net akadns.net"},
    {"Amazon CloudFront's edge",
     "cloudfront.net"},
    {"Amazon's cloud",
     "amazonaws.com awsglobalaccelerator.com"},
    {"Cloudflare's edge",
     "cloudflare.com cloudflare.net cloudflare-dns.com pages.dev "
     "workers.dev"},
    {"Fastly's edge",
     "fastly.net fastlylb.net"},
    {"Google",
     "google.com googleapis.com googleusercontent.com googlevideo.com "
     "googlehosted.com gstatic.com youtube.com ytimg.com 1e100.net "
     "ghs.google.com withgoogle.com appspot.com"},
    {"Facebook",
     "facebook.com fbcdn.net instagram.com whatsapp.net whatsapp.com"},
    {"Twitter",
     "twitter.com twimg.com x.com"},
    {"Telegram",
     "telegram.org t.me"},
    {"Wikimedia",
     "wikipedia.org wikimedia.org"},
    {"Microsoft",
     "microsoft.com azure.com azureedge.net azurefd.net "
     "azurewebsites.net trafficmanager.net msedge.net windows.net "
     "office.com live.com bing.com"},
    {"Apple",
     "apple.com icloud.com aaplimg.com"},
    {"GitHub",
     "github.com github.io githubusercontent.com"},
    {"a hoster of very many sites",
     "shopify.com myshopify.com squarespace.com wixdns.net wix.com "
     "netlify.app netlify.com vercel.app vercel-dns.com herokuapp.com "
     "herokudns.com wordpress.com wpengine.com blogspot.com "
     "tumblr.com weebly.com b-cdn.net kxcdn.com llnwd.net "
     "incapdns.net impervadns.net sucuri.net stackpathdns.com "
     "edgecastcdn.net hwcdn.net cdn77.org cdngc.net alicdn.com "
     "kunlunca.com kunlungr.com aliyuncs.com qcloud.com "
     "tencent-cloud.net"},
    {"an example",
     "example.com example.net example.org localhost"},
};
const size_t fp_innocent_zones_count = COUNT(fp_innocent_zones);
/* clang-format on */
