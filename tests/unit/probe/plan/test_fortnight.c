// SPDX-License-Identifier: Apache-2.0
/* Two weeks of a machine without a battery for its clock: a timer calls every
 * ten minutes, the power is cut at random and the clock is lost each time,
 * processes are killed, lines are dead. The plan is kept all the same.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "probe/plan/keeper.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SITES     120
#define DAYS      14
#define DAY_SITES 24
#define DAY_BYTES 5000000
#define STEP_S    600
#define FIRST_DAY 20000

static char home[64], mark[160];
static char urls[SITES][40], hosts[SITES][32];
static struct site sites[SITES];
static struct draw_site all[SITES];
static uint64_t chance;

static const struct agenda_rules rules = {.hours = {8 * HOUR_S, 15 * HOUR_S},
                                          .day_bytes = DAY_BYTES,
                                          .day_sites = DAY_SITES};

/* What the machine went through, and what came of it. */
struct life {
    unsigned runs[DAYS], begun[DAYS], done[DAYS];
    uint64_t bytes[DAYS];
    unsigned times[SITES]; /* how often a site was measured */
    unsigned mishaps, cuts;
    bool clock_lost;
};

static uint64_t random_below(uint64_t n)
{
    chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (chance >> 33) % n;
}

static int setup(void **state)
{
    (void)state;
    chance = 12;
    for (size_t i = 0; i < SITES; i++) {
        snprintf(hosts[i], sizeof(hosts[i]), "site-%zu.example", i);
        snprintf(urls[i], sizeof(urls[i]), "https://%s/", hosts[i]);
        sites[i] = (struct site){
            .input = urls[i], .url.text = urls[i], .url.host = hosts[i]};
        all[i] = (struct draw_site){&sites[i], 0, 1};
    }
    tmp_path(home, sizeof(home), "test_fort_XXXXXX");
    if (!mkdtemp(home)) {
        return -1;
    }
    snprintf(mark, sizeof(mark), "%s/parallax/plan.reached", home);
    return setenv("XDG_STATE_HOME", home, 1);
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

/* The sites of a run, until something happens. */
static void measure(struct life *l, struct keeper *k, size_t n, size_t day,
                    int64_t unix_s)
{
    struct diag why = {""};
    const struct draw_row *rows[SITES];
    struct draw_pass pass = k->diary.pass;
    uint64_t may = agenda_bytes(&k->agenda), used = 0;
    unsigned run = TIMES_MAX;
    enum agenda_state st = keeper_due(k, &run, &n);
    n = keeper_pick(k, &pass, n, rows);
    assert_true(n <= SITES);
    l->runs[day] += st == AGENDA_DUE;
    l->begun[day] += st == AGENDA_DUE ? (unsigned)n : 0;
    assert_int_equal(keeper_begin(k, st, run, n, &why), ERR_OK);
    unsigned what =
        l->mishaps++ %
        10; /* 0: the power is cut, 1: killed, 2: the line is dead */
    for (size_t i = 0; i < n && used + 100000 <= may; i++) {
        used += 20000 + random_below(80000);
        if (what < 3 && random_below(n) == 0) {
            break;
        }
        l->times[rows[i]->site - sites]++;
        l->done[day]++;
        assert_int_equal(keeper_reached(k, i + 1, &why), ERR_OK);
    }
    l->bytes[day] += used;
    l->cuts += what == 0;
    if (what == 0) {
        unlink(mark); /* nobody waited for it to be on the disk */
        l->clock_lost = true;
    } else if (what != 1) {
        assert_int_equal(keeper_end(k, unix_s, used, false, &why), ERR_OK);
    }
}

/* The timer calls. */
static void call(struct life *l, size_t day, int64_t unix_s)
{
    struct keeper k;
    struct diag why = {""};
    unsigned run;
    size_t n;
    int pid = 0;
    /* after a start the clock is that of 1970, until the net sets it */
    const struct agenda_now now = {.unix_s = l->clock_lost ? 1000 : unix_s,
                                   .wrong = l->clock_lost};
    l->clock_lost = l->clock_lost && random_below(3) > 0;
    assert_int_equal(
        keeper_open(&k, true, &rules, &now, all, SITES, &pid, &why), ERR_OK);
    enum agenda_state st = keeper_due(&k, &run, &n);
    if (now.wrong) {
        assert_int_equal(st, AGENDA_BEHIND);
    } else if (n) {
        struct hours_moment at = hours_at(&rules.hours, unix_s, 0);
        assert_true(at.s < rules.hours.len_s);
        measure(l, &k, n, day, unix_s);
    }
    keeper_close(&k);
}

static void in_two_weeks_of_mishaps_the_plan_is_kept(void **state)
{
    (void)state;
    struct life l = {.cuts = 0};
    for (size_t day = 0; day < DAYS; day++) {
        bool off = random_below(7) == 0; /* a whole day */
        for (int64_t s = 8 * HOUR_S; s < 32 * HOUR_S && !off; s += STEP_S) {
            call(&l, day, (FIRST_DAY + (int64_t)day) * DAY_S + s);
        }
    }
    unsigned least = 1000, most = 0, runs = 0, visits = 0;
    for (size_t day = 0; day < DAYS; day++) {
        assert_true(l.runs[day] <= TIMES_MAX);
        assert_true(l.begun[day] <= DAY_SITES && l.done[day] <= DAY_SITES);
        assert_true(l.bytes[day] <= DAY_BYTES);
        runs += l.runs[day];
    }
    for (size_t i = 0; i < SITES; i++) {
        least = l.times[i] < least ? l.times[i] : least;
        most = l.times[i] > most ? l.times[i] : most;
        visits += l.times[i];
    }
    assert_true(runs > DAYS / 2 && visits > SITES);
    /* a pass leaves none out; a power cut makes few come again, nothing else
     * does */
    unsigned again = l.cuts * (KEEPER_SAVE - 1);
    unsigned passes = visits > again ? (visits - again) / SITES : 0;
    assert_true(least >= passes);
    assert_true(most <= visits / SITES + 1 + l.cuts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            in_two_weeks_of_mishaps_the_plan_is_kept, setup, teardown),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
