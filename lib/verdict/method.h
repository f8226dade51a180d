// SPDX-License-Identifier: Apache-2.0
/* How a site is interfered with. */
#ifndef PARALLAX_VERDICT_METHOD_H
#define PARALLAX_VERDICT_METHOD_H

enum method {
    METHOD_NONE, /* nobody is accused, or it cannot be told how */
    METHOD_DNS,
    METHOD_IP,
    METHOD_TLS,
    METHOD_HTTP,
    METHOD_THROTTLING,
    METHOD_COUNT
};

/* Its name in records: "dns" and so on; NULL for METHOD_NONE. */
const char *method_name(enum method m);
/* METHOD_NONE for a name that is not known. */
enum method method_by_name(const char *name);

#endif
