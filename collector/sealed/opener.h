// SPDX-License-Identifier: Apache-2.0
/* The process that opens boxes, and how it is asked.
 *
 *     question: length (32 bits, network byte order), the box
 *     answer:   how it went (8 bits: 0, or an error), length, what was in it
 *
 * A length is looked at before anything is allocated for it. The process ends
 * when we do. If it dies, the question it was asked fails, and so do others
 * until the keeper (opener_keeper.h) has started the next: nothing is answered
 * as stored then, so probes keep what they have.
 */
#ifndef PARALLAX_COLLECTOR_SEALED_OPENER_H
#define PARALLAX_COLLECTOR_SEALED_OPENER_H

#include "record/sealed.h"

#include <sys/types.h>

struct opener;

/* Starts the process, which reads the keys of the file. To be called while
 * there is one thread, before the sandbox, and before files are open that it
 * should not inherit. ERR_NOTFOUND, ERR_ACCESS (others may read the file),
 * ERR_PARSE; `d` says so. */
MUST_USE enum err opener_start(const char *key_file, struct opener **out,
                               struct diag *d);

/* NULL is allowed. */
void opener_stop(struct opener *o);

/* As sealed_open; any thread, one after the other. ERR_NET: the process is
 * gone, later perhaps there is another. */
MUST_USE enum err opener_open(struct opener *o, struct str box,
                              struct buf *plain, struct str *open,
                              struct str *body);

/* For tests: the process that has the keys. */
pid_t opener_pid(const struct opener *o);

/* For tests: what the process does with its end of the sockets until the other
 * one is closed. */
void opener_serve(int fd, const struct sealed_keys *keys);

#endif
