// SPDX-License-Identifier: Apache-2.0
#include "verdict/method.h"
#include <string.h>

static const char *const names[METHOD_COUNT] = {
    [METHOD_DNS] = "dns",
    [METHOD_IP] = "ip",
    [METHOD_TLS] = "tls",
    [METHOD_HTTP] = "http",
    [METHOD_THROTTLING] = "throttling",
};

const char *method_name(enum method m)
{
    return names[m];
}

enum method method_by_name(const char *name)
{
    for (enum method m = METHOD_NONE + 1; m < METHOD_COUNT; m++) {
        if (strcmp(names[m], name) == 0) {
            return m;
        }
    }
    return METHOD_NONE;
}
