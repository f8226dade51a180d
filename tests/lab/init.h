// SPDX-License-Identifier: Apache-2.0
// The first process of a lab's process-id namespace: makes the files, the
// namespaces and the servers, runs COMMAND on every volunteer, and takes
// everything down. When it dies, or the launcher does, the kernel ends every
// process of the lab, and the rest goes with their namespaces.
#ifndef LAB_INIT_H
#define LAB_INIT_H

#include "conf.h"
#include "volunteer.h"

struct lab_setup {
    const struct lab_conf *conf;
    struct lab_command command;
    const char *keep;      // --keep DIR, absolute; NULL: none
    const char *collector; // program, NULL: not built
    int tty;               // terminal whose foreground we have, -1: none
};

// What goes over `control`: to init, signal numbers for COMMAND's group
// (LAB_CONTINUE: after a stop); from init two bytes: LAB_STARTED and
// LAB_STOPPED (of COMMAND) with a zero, LAB_DONE with the exit status.
enum {
    LAB_CONTINUE = 100,
    LAB_STARTED = 101,
    LAB_STOPPED = 102,
    LAB_DONE = 103
};

_Noreturn void lab_init(const struct lab_setup *s, int control);

#endif
