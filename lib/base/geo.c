// SPDX-License-Identifier: Apache-2.0
/* Networks of addresses from an MMDB file. */
#include "base/geo.h"

#include "base/utf8.h"

#include <arpa/inet.h>
#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct geo {
    MMDB_s db;
};

enum err geo_open(const char *path, struct geo **out, struct diag *d)
{
    struct geo *g = calloc(1, sizeof(*g));
    int rc;

    if (!g) {
        return diag_set(d, ERR_NOMEM, "%.200s: out of memory", path);
    }
    rc = MMDB_open(path, MMDB_MODE_MMAP, &g->db);
    if (rc != MMDB_SUCCESS) {
        enum err e = rc == MMDB_FILE_OPEN_ERROR       ? err_from_errno(errno)
                     : rc == MMDB_OUT_OF_MEMORY_ERROR ? ERR_NOMEM
                     : rc == MMDB_IO_ERROR            ? ERR_IO
                                                      : ERR_PARSE;

        diag_set(d, e, "%.200s: %s", path,
                 rc == MMDB_FILE_OPEN_ERROR ? strerror(errno)
                                            : MMDB_strerror(rc));
        free(g);
        return e;
    }
    *out = g;
    return ERR_OK;
}

void geo_close(struct geo *g)
{
    if (g) {
        MMDB_close(&g->db);
        free(g);
    }
}

/* The text form goes through inet_pton: the library's own lookup by string
 * would ask the system's resolver library. */
static bool to_sockaddr(const char *addr, struct sockaddr_storage *ss)
{
    struct sockaddr_in *in4 = (struct sockaddr_in *)(void *)ss;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)ss;

    memset(ss, 0, sizeof(*ss));
    if (inet_pton(AF_INET, addr, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        return true;
    }
    if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        return true;
    }
    return false;
}

static struct str text_at(MMDB_entry_s *entry, const char *const *path)
{
    MMDB_entry_data_s data;

    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING) {
        return (struct str){NULL, 0};
    }
    return (struct str){data.utf8_string, data.data_size};
}

static uint32_t number_at(MMDB_entry_s *entry, const char *const *path)
{
    MMDB_entry_data_s data;

    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data) {
        return 0;
    }
    switch (data.type) {
    case MMDB_DATA_TYPE_UINT32:
        return data.uint32;
    case MMDB_DATA_TYPE_UINT16:
        return data.uint16;
    case MMDB_DATA_TYPE_UINT64:
        return data.uint64 <= UINT32_MAX ? (uint32_t)data.uint64 : 0;
    default:
        return 0;
    }
}

/* Cut at the end of a character. */
static void copy_org(struct str org, char out[128])
{
    struct str cut = utf8_cut(org, 127);

    memcpy(out, cut.p ? cut.p : "", cut.len);
    out[cut.len] = 0;
}

void geo_lookup(const struct geo *g, const char *addr, struct geo_entry *out)
{
    static const char *const asn[] = {"autonomous_system_number", NULL};
    static const char *const org[] = {"autonomous_system_organization", NULL};
    static const char *const cc[] = {"country", "iso_code", NULL};
    struct sockaddr_storage ss;
    MMDB_lookup_result_s found;
    struct str code;
    int rc;

    *out = (struct geo_entry){.cc = "ZZ"};
    if (!g || !addr || !to_sockaddr(addr, &ss)) {
        return;
    }
    found = MMDB_lookup_sockaddr(&g->db, (struct sockaddr *)&ss, &rc);
    if (rc != MMDB_SUCCESS || !found.found_entry) {
        return;
    }
    out->asn = number_at(&found.entry, asn);
    copy_org(text_at(&found.entry, org), out->org);
    code = text_at(&found.entry, cc);
    if (code.len == 2 && code.p[0] >= 'A' && code.p[0] <= 'Z' &&
        code.p[1] >= 'A' && code.p[1] <= 'Z') {
        memcpy(out->cc, code.p, 2);
    }
}
