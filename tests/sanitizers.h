// SPDX-License-Identifier: Apache-2.0
/* What AddressSanitizer is told in every program that is built with it. */
#ifndef PARALLAX_TESTS_SANITIZERS_H
#define PARALLAX_TESTS_SANITIZERS_H

/* A pointer to a local variable of a function that returned is found when it is
 * used: without this it reads whatever stands there by then. */
#define SANITIZERS_ASAN "detect_stack_use_after_return=1"

/* For a test to define that needs other options; they begin with those above.
 */
__attribute__((weak)) const char *sanitizers_of_test(void);

#endif
