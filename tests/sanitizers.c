// SPDX-License-Identifier: Apache-2.0
/* The options of AddressSanitizer, compiled into every program built with it,
 * so that they hold however it is started. ASAN_OPTIONS adds to them.
 */
#include "tests/sanitizers.h"

const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return sanitizers_of_test ? sanitizers_of_test() : SANITIZERS_ASAN;
}
