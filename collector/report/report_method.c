// SPDX-License-Identifier: Apache-2.0
/* Between the word for a method and its number. */
#include "collector/report/report_method.h"

#include <string.h>

static const char *const keys[REPORT_METHODS] = {"dns",  "ip",         "tls",
                                                 "http", "throttling", "other"};

enum report_method report_method_of(const char *key)
{
    for (int m = 0; m < REPORT_METHOD_OTHER; m++) {
        if (strcmp(keys[m], key) == 0) {
            return (enum report_method)m;
        }
    }
    return REPORT_METHOD_OTHER;
}

const char *report_method_key(enum report_method m)
{
    return keys[m];
}
