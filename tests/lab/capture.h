// SPDX-License-Identifier: Apache-2.0
// The packet capture on a volunteer's interface.
#ifndef LAB_CAPTURE_H
#define LAB_CAPTURE_H

// Writes what passes the interface `eth0` of this network namespace to
// `path` until SIGTERM. One byte goes to `ready` when it sees packets.
void lab_capture(const char *path, int ready);

#endif
