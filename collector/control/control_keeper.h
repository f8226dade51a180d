// SPDX-License-Identifier: Apache-2.0
/* The process between `serve` and its control: it starts the control, and
 * starts it again when it ended. `serve` cannot, because it gave up running
 * programs before it reads what strangers send (cli/sandbox.h); the keeper
 * reads nothing but the line that a control tells when it is ready.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_KEEPER_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_KEEPER_H

#include <stddef.h>

#define CONTROL_KEEPER_LINE  256 /* at most, with its end */
#define CONTROL_KEEPER_USAGE 2   /* status of what refuses its settings */

struct control_keeper {
    const char *listen;      /* ADDR:PORT; port 0 is picked once and kept */
    const char *log_level;   /* passed on */
    const char *config_file; /* passed on, or NULL */
    char *const *env;
};

/* What a process that was just forked does until it ends; it must have one
 * thread. For each control that is ready, its line "http://ADDR:PORT KEY\n" is
 * written to `out`. SIGTERM and SIGINT end the control, then the keeper; the
 * end of the process that made it does, too. Exit status 1: the first control
 * ended before it was ready; CONTROL_KEEPER_USAGE: with that status. */
_Noreturn void control_keeper_run(const struct control_keeper *cfg, int out);

#endif
