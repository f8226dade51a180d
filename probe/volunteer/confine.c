// SPDX-License-Identifier: Apache-2.0
#include "probe/volunteer/confine.h"

#include "probe/volunteer/paths.h"

void confine_run(struct sandbox_state *out)
{
    struct sandbox s;
    char state[PATHS_MAX];
    struct diag d = {""};
    sandbox_init(&s);
    if (paths_state(NULL, state, &d) == ERR_OK) {
        sandbox_write(&s, state);
    }
    sandbox_enter(&s, SANDBOX_CHANGE | SANDBOX_CONNECT, out);
}

void confine_reader(const char *const *files, size_t n,
                    struct sandbox_state *out)
{
    struct sandbox s;
    sandbox_init(&s);
    for (size_t i = 0; i < n; i++) {
        sandbox_read(&s, files[i]);
    }
    sandbox_enter(&s, 0, out);
}
