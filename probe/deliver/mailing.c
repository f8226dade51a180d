// SPDX-License-Identifier: Apache-2.0
#include "probe/deliver/mailing.h"

#include "base/clock.h"
#include "base/fs.h"
#include "probe/deliver/ways.h"
#include "probe/volunteer/paths.h"

#include <inttypes.h>
#include <string.h>

#define TITLE      "parallax mailing 1\n"
#define FILE_MAX   128
#define AGAIN_S    INT64_C(1800) /* after the first failure, about */
#define AGAIN_MOST INT64_C(43200)
#define FAILS_MOST 1000
#define AHEAD_MOST (2 * AGAIN_MOST)

void mailing_after(struct mailing *m, int64_t now, uint32_t chance)
{
    if (m->at < now + MAILING_AFTER_S || m->at > now + AHEAD_MOST) {
        m->at = now + MAILING_AFTER_S +
                (MAILING_SPREAD_S * (int64_t)(chance >> 16) >> 16);
    }
}

bool mailing_due(const struct mailing *m, int64_t now)
{
    return m->at && (m->at <= now || m->at > now + AHEAD_MOST);
}

void mailing_done(struct mailing *m, int64_t now, bool all, uint32_t chance)
{
    if (all) {
        *m = (struct mailing){.at = 0};
        return;
    }
    if (m->fails < FAILS_MOST) {
        m->fails++;
    }
    m->at = now + ways_pause(AGAIN_S * US_PER_S, m->fails,
                             AGAIN_MOST * US_PER_S, chance) /
                      US_PER_S;
}

static bool parse(struct str text, struct mailing *out)
{
    struct str line;
    int64_t at = 0, fails = 0;
    bool good = str_starts(text, TITLE);
    text = str_sub(text, good ? strlen(TITLE) : 0, text.len);
    good = good && str_next(&text, '\n', &line) &&
           str_to_i64(line, 0, INT64_MAX / 2, &at) == ERR_OK &&
           str_next(&text, '\n', &line) &&
           str_to_i64(line, 0, FAILS_MOST, &fails) == ERR_OK && !text.len;
    if (good) {
        *out = (struct mailing){.at = at, .fails = (unsigned)fails};
    }
    return good;
}

void mailing_load(struct mailing *out)
{
    char path[PATHS_MAX];
    struct buf text;
    *out = (struct mailing){.at = 0};
    buf_init(&text, FILE_MAX);
    if (paths_state(MAILING_FILE, path, NULL) == ERR_OK &&
        fs_read(path, FILE_MAX, &text, NULL) == ERR_OK) {
        (void)parse(buf_str(&text), out); /* else it stays empty */
    }
    buf_fini(&text);
}

enum err mailing_store(const struct mailing *m, struct diag *d)
{
    char path[PATHS_MAX];
    struct buf text;
    enum err e = paths_state(MAILING_FILE, path, d);
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, FILE_MAX);
    buf_printf(&text, TITLE "%" PRId64 "\n%u\n", m->at, m->fails);
    e = text.failed;
    if (e == ERR_OK) {
        e = fs_write_atomic(path, buf_str(&text), 0600, d);
    }
    buf_fini(&text);
    return e;
}
