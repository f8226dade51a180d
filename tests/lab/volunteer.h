// SPDX-License-Identifier: Apache-2.0
// The process that becomes COMMAND on a volunteer's host.
#ifndef LAB_VOLUNTEER_H
#define LAB_VOLUNTEER_H

#include "conf.h"

#include <sys/types.h>

struct lab_command {
    char *const *argv;
    bool net_raw;    // --cap net_raw
    bool all_caps;   // --root
    bool no_consent; // --no-consent
    bool child_user; // we are in a user namespace: make one below it
    uid_t uid;       // of the caller
    gid_t gid;
};

// Over `sync`: writes 'n' when the namespaces are there, waits for a byte
// (attached), writes 'r' when ready and the process id of its capture, waits
// for a byte, becomes COMMAND. `pgrp`: process group to join, 0: its own.
_Noreturn void lab_volunteer(const struct lab_conf *c, const char *dir,
                             const struct lab_command *cmd, int index,
                             int sync);

#endif
