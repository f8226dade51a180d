// SPDX-License-Identifier: Apache-2.0
#include "probe/volunteer/ownname.h"

#include "base/ascii.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX    ((size_t)256 << 10)
#define LETTERS_MIN 6

/* What thousands of machines, users and routers are called, or what stands in
 * pages, headers and certificates of anybody's: to take these out would tell
 * nothing less about the volunteer and much less about the site. */
static const char *const common[] = {
    "access",        "account",    "address",       "administrator",
    "akamai",        "amazon",     "android",       "archlinux",
    "armbian",       "asuswrt",    "authority",     "blocked",
    "blocking",      "browser",    "censorship",    "centos",
    "certificate",   "charset",    "chrome",        "cloudflare",
    "commercial",    "computer",   "connect",       "connection",
    "container",     "content",    "cookie",        "cookies",
    "debian",        "default",    "denied",        "desktop",
    "digicert",      "discovered", "docker",        "document",
    "domain",        "encoding",   "encrypt",       "endpoint",
    "example",       "expires",    "extended",      "facebook",
    "failure",       "family",     "fedora",        "firefox",
    "forbidden",     "fritzbox",   "galaxy",        "gateway",
    "gentoo",        "global",     "google",        "handshake",
    "header",        "headers",    "homeassistant", "homerouter",
    "homeserver",    "hostname",   "huawei",        "instagram",
    "international", "internet",   "iphone",        "keyless",
    "kitchen",       "laptop",     "length",        "lenovo",
    "linksys",       "linuxmint",  "livebox",       "localdomain",
    "localhost",     "localnet",   "location",      "macbook",
    "machine",       "macmini",    "management",    "manjaro",
    "mediaserver",   "message",    "microsoft",     "mozilla",
    "nameserver",    "netbook",    "netgear",       "network",
    "nobody",        "notebook",   "office",        "opensuse",
    "openwrt",       "orangepi",   "organization",  "parallax",
    "penguin",       "pihole",     "podman",        "private",
    "proxmox",       "public",     "raspberry",     "raspberrypi",
    "request",       "response",   "router",        "safari",
    "samsung",       "script",     "scrubbed",      "security",
    "server",        "service",    "services",      "signal",
    "signature",     "speedport",  "status",        "steamdeck",
    "student",       "success",    "superuser",     "support",
    "synology",      "system",     "teacher",       "telecom",
    "telegram",      "telekom",    "thinkpad",      "timeout",
    "transparency",  "truenas",    "trusted",       "twitter",
    "ubuntu",        "username",   "vagrant",       "validation",
    "virtualbox",    "vmware",     "website",       "whatsapp",
    "wikipedia",     "window",     "windows",       "workstation",
    "xiaomi",        "youtube",
};

/* ---- names --------------------------------------------------------------- */

static bool is_common(struct str word)
{
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (str_ieq_c(word, common[i])) {
            return true;
        }
    }
    return false;
}

static size_t letters(struct str word)
{
    size_t n = 0;

    for (size_t i = 0; i < word.len; i++) {
        n += ascii_isalnum(word.p[i]) && !ascii_isdigit(word.p[i]);
    }
    return n;
}

static void add_one(struct scrub *s, struct str word)
{
    char name[SCRUB_NAME_MAX];

    if (letters(word) < LETTERS_MIN || word.len >= sizeof(name) ||
        is_common(word) || s->n_names == SCRUB_MAX_NAMES) {
        return;
    }
    memcpy(name, word.p, word.len);
    name[word.len] = '\0';
    for (size_t i = 0; i < s->n_names; i++) {
        if (str_ieq_c(word, s->name[i])) {
            return;
        }
    }
    memcpy(s->name[s->n_names++], name, word.len + 1);
}

void ownname_add(struct scrub *s, struct str name)
{
    size_t from = 0;

    name = str_trim(name);
    for (size_t i = 0; i < name.len; i++) {
        if ((uint8_t)name.p[i] >= 0x80 || (uint8_t)name.p[i] < ' ') {
            return; /* no name of a machine */
        }
    }
    add_one(s, name);
    for (size_t i = 0; i <= name.len; i++) {
        if (i == name.len || !ascii_isalnum(name.p[i])) {
            add_one(s, str_sub(name, from, i - from));
            from = i + 1;
        }
    }
}

/* ---- the texts of files -------------------------------------------------- */

/* The next word of a line; false at its end. */
static bool next_word(struct str *line, struct str *word)
{
    size_t n = 0;

    *line = str_trim(*line);
    while (n < line->len && !ascii_isspace(line->p[n])) {
        n++;
    }
    *word = str_sub(*line, 0, n);
    *line = str_sub(*line, n, SIZE_MAX);
    return n > 0 && word->p[0] != '#';
}

/* Names that nobody on the Internet has (RFC 6762, RFC 8375 and usage). */
static bool is_at_home(struct str domain)
{
    static const char *const ends[] = {
        ".lan",       ".local",       ".home",     ".box",     ".internal",
        ".home.arpa", ".localdomain", ".intranet", ".private", ".ip"};

    if (str_find_char(domain, '.') == SIZE_MAX) {
        return true;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (str_ends(domain, ends[i])) {
            return true;
        }
    }
    return false;
}

void ownname_add_domains(struct scrub *s, struct str resolv_conf)
{
    struct str line, word;

    while (str_next(&resolv_conf, '\n', &line)) {
        if (!next_word(&line, &word) ||
            !(str_eq_c(word, "search") || str_eq_c(word, "domain"))) {
            continue;
        }
        while (next_word(&line, &word)) {
            if (is_at_home(word)) {
                ownname_add(s, word);
            }
        }
    }
}

void ownname_add_hosts(struct scrub *s, struct str hosts,
                       const struct ip *gateway)
{
    struct str line, word;

    while (str_next(&hosts, '\n', &line)) {
        struct ip ip;
        if (!next_word(&line, &word) || !ip_parse(word, &ip) ||
            !ip_eq(&ip, gateway)) {
            continue;
        }
        while (next_word(&line, &word)) {
            ownname_add(s, word);
        }
    }
}

/* Eight hex digits, the last octet first. */
static bool read_route(struct str word, struct ip *out)
{
    *out = (struct ip){.family = 4};
    for (size_t i = 0; i < 4; i++) {
        char pair[3] = {0};
        char *end;
        if (word.len != 8) {
            return false;
        }
        memcpy(pair, word.p + 6 - 2 * i, 2);
        out->b[i] = (uint8_t)strtoul(pair, &end, 16);
        if (*end) {
            return false;
        }
    }
    return true;
}

bool ownname_gateway(struct str routes, struct ip *out)
{
    struct str line, name, to, by;

    while (str_next(&routes, '\n', &line)) {
        if (next_word(&line, &name) && next_word(&line, &to) &&
            next_word(&line, &by) && str_eq_c(to, "00000000") &&
            read_route(by, out)) {
            return true;
        }
    }
    return false;
}

struct str ownname_user(struct str passwd, unsigned uid)
{
    struct str line, name, field;
    int64_t number;

    while (str_next(&passwd, '\n', &line)) {
        if (str_next(&line, ':', &name) && str_next(&line, ':', &field) &&
            str_next(&line, ':', &field) &&
            str_to_i64(field, 0, UINT32_MAX, &number) == ERR_OK &&
            number == uid) {
            return name;
        }
    }
    return (struct str){NULL, 0};
}

/* ---- this machine -------------------------------------------------------- */

/* Empty if it cannot be read: then it names nobody here. */
static struct str text_of(const char *path, struct buf *out)
{
    struct diag d;

    buf_init(out, FILE_MAX);
    return fs_read(path, FILE_MAX, out, &d) == ERR_OK ? buf_str(out) : STR("");
}

static void add_router(struct scrub *s)
{
    struct buf resolv, routes, hosts;
    struct ip gateway;

    ownname_add_domains(s, text_of("/etc/resolv.conf", &resolv));
    struct str text = text_of("/etc/hosts", &hosts);
    if (ownname_gateway(text_of("/proc/self/net/route", &routes), &gateway)) {
        ownname_add_hosts(s, text, &gateway);
    }
    buf_fini(&resolv);
    buf_fini(&routes);
    buf_fini(&hosts);
}

void ownname_find(struct scrub *s)
{
    static const char *const users[] = {"USER", "LOGNAME", "SUDO_USER"};
    char host[256] = "";
    struct buf passwd;

    if (gethostname(host, sizeof(host) - 1) == 0) {
        ownname_add(s, str_c(host));
    }
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        ownname_add(s, str_c(getenv(users[i])));
    }
    ownname_add(s, ownname_user(text_of("/etc/passwd", &passwd), getuid()));
    buf_fini(&passwd);
    add_router(s);
}
