// SPDX-License-Identifier: Apache-2.0
/* The name of a row's state: that of the verdict, or that there is none. Pure;
 * used by whatever keeps or shows rows.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_STATE_H
#define PARALLAX_COLLECTOR_STORE_STORE_STATE_H

/* "ok" and so on (verdict/xstate.h), "not_judged" for STORE_NOT_JUDGED; static.
 */
const char *store_state_name(int state);

#endif
