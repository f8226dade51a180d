// SPDX-License-Identifier: Apache-2.0
#include "collector/store/store_state.h"

#include "collector/store/store_types.h"

const char *store_state_name(int state)
{
    return state == STORE_NOT_JUDGED ? "not_judged"
                                     : xstate_name((enum xstate)state);
}
