// SPDX-License-Identifier: Apache-2.0
// Namespaces, interfaces, routes and mounts of a lab.
//
//   volunteer N: eth0 --- vN [router, middlebox] w0 --- w1 [world]
//
// No interface of a lab is connected to anything outside it.
#ifndef LAB_NETNS_H
#define LAB_NETNS_H

#include "conf.h"

#include <sys/types.h>

// The world's own address, which is no host's.
#define LAB_WORLD_END "169.254.77.2"

// Where the lab keeps its files when nobody wants them afterwards: on a
// tmpfs that goes with the mount namespace.
#define LAB_RUN_DIR "/run/lab"

// Maps the user of the process in a user namespace it has just made.
void lab_map_user(uid_t inside, uid_t outside_uid, gid_t gid_inside,
                  gid_t outside_gid);
// In a fresh mount namespace: private, an own /run, /proc of the pid
// namespace.
void lab_mount_private(void);
// Puts `text` in the place of /etc/resolv.conf or /etc/hosts; DIR is ours.
void lab_mount_text(const char *dir, const char *name, const char *target,
                    const char *text);

// The router's namespace, before anything is attached.
void lab_router_prepare(const struct lab_conf *c);
// Attaches the world and the volunteers, by process id, and turns the
// packets to the middlebox's queues.
void lab_router_attach(const struct lab_conf *c, pid_t world,
                       const pid_t *volunteer);
// Inside the world, when it is attached: every address of every host.
void lab_world_net(const struct lab_conf *c);
// Inside a volunteer's namespace, when it is attached.
void lab_volunteer_net(const struct lab_volunteer *v);

#endif
