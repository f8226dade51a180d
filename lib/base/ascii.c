// SPDX-License-Identifier: Apache-2.0
/* Classes and case of ASCII, without the locale. */
#include "base/ascii.h"

char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

bool ascii_isdigit(char c)
{
    return c >= '0' && c <= '9';
}

bool ascii_isalnum(char c)
{
    char l = ascii_lower(c);
    return ascii_isdigit(c) || (l >= 'a' && l <= 'z');
}

bool ascii_isspace(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
