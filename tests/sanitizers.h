// SPDX-License-Identifier: Apache-2.0
/* What AddressSanitizer is told in every program that is built with it. */
#ifndef PARALLAX_TESTS_SANITIZERS_H
#define PARALLAX_TESTS_SANITIZERS_H

/* A pointer to a local variable of a function that returned is found when it is
 * used: without this it reads whatever stands there by then. */
#define SANITIZERS_ASAN "detect_stack_use_after_return=1"

/* Is this build one? */
#if defined(__SANITIZE_ADDRESS__)
#    define SANITIZERS_ON 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define SANITIZERS_ON 1
#    endif
#endif
#ifndef SANITIZERS_ON
#    define SANITIZERS_ON 0
#endif

/* For a test to define that needs other options; they begin with those above.
 */
__attribute__((weak)) const char *sanitizers_of_test(void);

#endif
