// SPDX-License-Identifier: Apache-2.0
/* The encoder of RFC 3492, section 6.3, with its names. */
#include "wire/punycode.h"

#include <stdbool.h>

#define BASE         36
#define TMIN         1
#define TMAX         26
#define SKEW         38
#define DAMP         700
#define INITIAL_BIAS 72
#define INITIAL_N    0x80
#define POINTS_MAX   64 /* no label has more, and nothing overflows with them */

struct out {
    char *p;
    size_t n, size;
};

static bool put(struct out *o, char c)
{
    if (o->n + 1 >= o->size) {
        return false;
    }
    o->p[o->n++] = c;
    o->p[o->n] = '\0';
    return true;
}

static uint32_t adapt(uint32_t delta, uint32_t n, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    delta += delta / n;
    for (; delta > ((BASE - TMIN) * TMAX) / 2; k += BASE) {
        delta /= BASE - TMIN;
    }
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static bool put_number(struct out *o, uint32_t q, uint32_t bias)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
        if (q < t) {
            return put(o, digits[q]);
        }
        if (!put(o, digits[t + (q - t) % (BASE - t)])) {
            return false;
        }
        q = (q - t) / (BASE - t);
    }
}

static bool put_basic(struct out *o, const uint32_t *points, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (points[i] < INITIAL_N && !put(o, (char)points[i])) {
            return false;
        }
    }
    return o->n == 0 || put(o, '-');
}

/* The least code point that is not below `from`. */
static uint32_t next_point(const uint32_t *points, size_t n, uint32_t from)
{
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        least = points[i] >= from && points[i] < least ? points[i] : least;
    }
    return least;
}

enum err punycode_write(const uint32_t *points, size_t n, char *out,
                        size_t size)
{
    struct out o = {out, 0, size};
    uint32_t at = INITIAL_N, bias = INITIAL_BIAS, delta = 0;

    if (n > POINTS_MAX || !put_basic(&o, points, n)) {
        return ERR_LIMIT;
    }
    uint32_t basic = o.n ? (uint32_t)o.n - 1 : 0, done = basic;
    while (done < n) {
        uint32_t next = next_point(points, n, at);
        delta += (next - at) * (done + 1);
        at = next;
        for (size_t i = 0; i < n; i++) {
            delta += points[i] < at;
            if (points[i] != at) {
                continue;
            }
            if (!put_number(&o, delta, bias)) {
                return ERR_LIMIT;
            }
            bias = adapt(delta, done + 1, done == basic);
            done++;
            delta = 0;
        }
        delta++;
        at++;
    }
    return ERR_OK;
}
