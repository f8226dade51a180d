// SPDX-License-Identifier: Apache-2.0
// The middlebox process: takes every packet between volunteers and the world
// from two NFQUEUEs of its network namespace, keeps it as long as the line
// is long, lets it go or not, and sends what the censor forges through a raw
// socket. box.c decides; this file moves packets and time.
#ifndef LAB_MIDDLEBOX_H
#define LAB_MIDDLEBOX_H

#include "conf.h"

#define LAB_QUEUE_UP   0
#define LAB_QUEUE_DOWN 1

// Runs until `control` ends. One byte is written to `ready` when packets can
// come; a byte read from `control` says that COMMAND starts.
void lab_middlebox(const struct lab_conf *c, const char *dir, int ready,
                   int control);

#endif
