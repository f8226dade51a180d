// SPDX-License-Identifier: Apache-2.0
/* The methods of interference that a report tells apart, in the order in which
 * it names them. Rows of the store have a word for it; decisions are made by
 * the number.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_METHOD_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_METHOD_H

enum report_method {
    REPORT_METHOD_DNS,
    REPORT_METHOD_IP,
    REPORT_METHOD_TLS,
    REPORT_METHOD_HTTP,
    REPORT_METHOD_THROTTLING,
    REPORT_METHOD_OTHER
};

#define REPORT_METHODS 6

/* The method a row's word stands for; REPORT_METHOD_OTHER for any other. */
enum report_method report_method_of(const char *key);
/* "dns" ... "throttling", "other". */
const char *report_method_key(enum report_method m);

#endif
