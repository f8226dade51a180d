// SPDX-License-Identifier: Apache-2.0
// The censor and the line: decides what becomes of each packet of a
// volunteer and what is forged. No input or output of its own: packets come
// in by lab_box_packet, forged ones leave through a callback, so that it can
// be tested without a network.
#ifndef LAB_BOX_H
#define LAB_BOX_H

#include "conf.h"
#include "packet.h"
#include "truth.h"

struct lab_box;

// A forged packet, to be sent `after_us` from now.
typedef void (*lab_box_send_fn)(void *arg, int64_t after_us, const void *packet,
                                size_t len);

struct lab_verdict {
    bool drop;
    int64_t after_us; // when the packet goes on
};

struct lab_box *lab_box_new(const struct lab_conf *c, struct lab_truth *truth,
                            lab_box_send_fn send, void *arg);
void lab_box_free(struct lab_box *b);
// COMMAND starts now: times of `link down` count from here.
void lab_box_start(struct lab_box *b, int64_t now);
struct lab_verdict lab_box_packet(struct lab_box *b, const uint8_t *raw,
                                  size_t len, bool up, int64_t now);

#endif
