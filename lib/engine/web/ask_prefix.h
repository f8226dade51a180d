// SPDX-License-Identifier: Apache-2.0
/* Asks the system's resolver by which prefix this line's translator writes IPv4
 * addresses (RFC 7050): telephones ask for the same name. What it says is for
 * all measurements of the engine.
 */
#ifndef PARALLAX_ENGINE_WEB_ASK_PREFIX_H
#define PARALLAX_ENGINE_WEB_ASK_PREFIX_H

#include "engine/measure.h"

struct ask_prefix;

/* `on_done` is called once, later, whatever comes. NULL, and it is never
 * called, when nothing is asked; the record then says why. Lives in ms->region.
 */
struct ask_prefix *ask_prefix_start(struct measure *ms,
                                    void (*on_done)(void *arg), void *arg);
/* No callback afterwards. NULL allowed. */
void ask_prefix_cancel(struct ask_prefix *x);

#endif
