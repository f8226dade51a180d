// SPDX-License-Identifier: Apache-2.0
// The servers no honest software offers: bodies without end, replies that
// stop short, headers of megabytes (behind nginx, on DIR/odd.sock), the
// ISP's transparent proxy, and the delay in front of the control.
#ifndef LAB_ODD_H
#define LAB_ODD_H

#include "conf.h"

// Serves until killed; one byte goes to `ready` when all sockets listen.
void lab_odd(const struct lab_conf *c, const char *dir, int ready);

#endif
