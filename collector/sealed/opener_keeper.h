// SPDX-License-Identifier: Apache-2.0
/* The process between the collector and what opens boxes: it starts the latter,
 * and starts it again when it ended. The collector cannot, because it gave up
 * new processes and the file of the keys before it reads what strangers send
 * (cli/sandbox.h); the keeper reads nothing, and has no key.
 *
 * Of each one that it started it tells the collector over a pair of sockets:
 * how that went, its process id, and, if it went well, the sockets to ask it.
 */
#ifndef PARALLAX_COLLECTOR_SEALED_OPENER_KEEPER_H
#define PARALLAX_COLLECTOR_SEALED_OPENER_KEEPER_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct opener_keeper_news {
    enum err how; /* why it has no keys */
    pid_t pid;
    int fd; /* ERR_OK only; else -1 */
};

/* What a process that was just forked does until the other end of `out` is
 * closed; it must have one thread. `child` is what each one that it starts
 * does: it writes one byte, its enum err, then answers until the other end of
 * `fd` is closed; it never returns. After one that ended the next is started at
 * once, after that 1, 2, 4 ... 60 s later, until one stays for a minute. */
_Noreturn void opener_keeper_run(const char *key_file, int out,
                                 void (*child)(const char *key_file, int fd));

/* News that came at the other end. With `wait` as long as its receive timeout
 * says, else only what is there. False: none. The caller owns news->fd. */
bool opener_keeper_hear(int in, bool wait, struct opener_keeper_news *news);

#endif
