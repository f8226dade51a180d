// SPDX-License-Identifier: Apache-2.0
/* What runs by schedule keep on the disk: diary.c, keeper.c, networks.c. */
#include "base/clock.h"
#include "base/fs.h"
#include "probe/plan/keeper.h"
#include "probe/plan/network_id.h"
#include "probe/plan/networks.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SITES 60

static char home[64], path[160], networks[160], mark[160];
static char urls[SITES][40], hosts[SITES][32];
static struct site sites[SITES];
static struct draw_site all[SITES];

static const struct agenda_rules rules = {
    .hours = {0, DAY_S}, .day_bytes = 50000000, .day_sites = 30};
static const struct agenda_now evening = {.unix_s = 20001 * DAY_S - 1};

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < SITES; i++) {
        snprintf(hosts[i], sizeof(hosts[i]), "site-%zu.example", i);
        snprintf(urls[i], sizeof(urls[i]), "https://%s/", hosts[i]);
        sites[i] = (struct site){
            .input = urls[i], .url.text = urls[i], .url.host = hosts[i]};
        all[i] = (struct draw_site){&sites[i], 0, 1};
    }
    tmp_path(home, sizeof(home), "test_diary_XXXXXX");
    if (!mkdtemp(home)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/parallax/plan", home);
    snprintf(mark, sizeof(mark), "%s/parallax/plan.reached", home);
    snprintf(networks, sizeof(networks), "%s/parallax/networks", home);
    return setenv("XDG_STATE_HOME", home, 1);
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

static struct diary some_diary(void)
{
    struct diary d;
    diary_begin(&d, 20000, false);
    d.pass.lanes[0].upto[1] = 0x123456789abcdef0;
    d.pass.lanes[1].down = 77;
    d.gone = 2;
    d.bytes = 123456;
    d.sites = 40;
    d.left = 3;
    return d;
}

static void read_file(const char *name, struct buf *out)
{
    struct diag d = {""};
    buf_init(out, 65536);
    assert_int_equal(fs_read(name, 65536, out, &d), ERR_OK);
    assert_non_null(out->p);
}

static void write_file(const char *name, struct str text)
{
    struct diag d = {""};
    assert_int_equal(fs_write_atomic(name, text, 0600, &d), ERR_OK);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct diary d = some_diary(), back;
    struct diag why = {""};
    struct stat st;
    assert_int_equal(diary_load(&back, &why), ERR_NOTFOUND);
    assert_int_equal(diary_store(&d, true, &why), ERR_OK);
    assert_int_equal(diary_load(&back, &why), ERR_OK);
    assert_memory_equal(&d.pass, &back.pass, sizeof(d.pass));
    assert_memory_equal(d.key, back.key, sizeof(d.key));
    assert_int_equal(d.cohort, back.cohort);
    assert_int_equal(d.day, back.day);
    assert_int_equal(d.behind, back.behind);
    assert_int_equal(d.gone, back.gone);
    assert_int_equal(d.bytes, back.bytes);
    assert_int_equal(d.sites, back.sites);
    assert_int_equal(d.left, back.left);
    assert_int_equal(back.serial, 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void each_damage_is_found(void **state)
{
    (void)state;
    struct diary d = some_diary(), back = {.day = 5};
    struct diag why = {""};
    struct buf text;
    assert_int_equal(diary_store(&d, false, &why), ERR_OK);
    read_file(path, &text);
    for (size_t i = 0; i < text.len; i++) {
        enum err e =
            diary_parse(str_sub(buf_str(&text), 0, i), "f", &back, &why);
        assert_int_equal(e, ERR_PARSE);
        for (unsigned bit = 0; bit < 8; bit++) {
            text.p[i] ^= (uint8_t)(1u << bit);
            why.text[0] = '\0';
            e = diary_parse(buf_str(&text), "f", &back, &why);
            /* another number may stand in the first line */
            assert_true(e == ERR_PARSE || (i < 20 && e == ERR_EXISTS));
            assert_true(why.text[0] != '\0');
            text.p[i] ^= (uint8_t)(1u << bit);
        }
    }
    assert_int_equal(back.day, 5);
    assert_int_equal(diary_parse(buf_str(&text), "f", &back, &why), ERR_OK);
    buf_fini(&text);
}

static void a_newer_one_is_left_alone(void **state)
{
    (void)state;
    struct diary d;
    struct keeper k;
    struct diag why = {""};
    int pid = 0;
    char dir[160];
    snprintf(dir, sizeof(dir), "%s/parallax", home);
    assert_int_equal(mkdir(dir, 0700), 0);
    write_file(path, STR("parallax plan 2\nwho knows\n"));
    assert_int_equal(diary_load(&d, &why), ERR_EXISTS);
    assert_non_null(strstr(why.text, "newer"));
    assert_int_equal(
        keeper_open(&k, true, &rules, &evening, all, SITES, &pid, &why),
        ERR_EXISTS);
    keeper_close(&k);
    struct buf text;
    read_file(path, &text);
    assert_true(str_starts(buf_str(&text), "parallax plan 2\n"));
    buf_fini(&text);
    assert_int_equal(networks_agree(STR("x"), &why), ERR_OK);
    write_file(networks, STR("parallax networks 2\n"));
    enum network_state st = NETWORK_AGREED;
    assert_int_equal(networks_look(STR("x"), &st, &why), ERR_EXISTS);
    assert_int_equal(networks_agree(STR("x"), &why), ERR_EXISTS);
}

static void after_a_damaged_one_nothing_more_is_done_today(void **state)
{
    (void)state;
    struct diary d = some_diary();
    struct diag why = {""};
    struct keeper k;
    unsigned run;
    size_t n;
    int pid = 0;
    assert_int_equal(diary_store(&d, false, &why), ERR_OK);
    write_file(path, STR("parallax plan 1\nrubbish"));
    assert_int_equal(
        keeper_open(&k, true, &rules, &evening, all, SITES, &pid, &why),
        ERR_OK);
    assert_int_equal(k.found, KEEPER_DAMAGED);
    assert_non_null(strstr(k.why, "damaged"));
    assert_int_equal(keeper_due(&k, &run, &n), AGENDA_WAIT);
    assert_int_equal(keeper_save(&k, &why), ERR_OK);
    keeper_close(&k);
    const struct agenda_now next = {.unix_s = evening.unix_s + DAY_S};
    assert_int_equal(
        keeper_open(&k, true, &rules, &next, all, SITES, &pid, &why), ERR_OK);
    assert_int_equal(k.found, KEEPER_KNOWN);
    assert_int_equal(keeper_due(&k, &run, &n), AGENDA_DUE);
    keeper_close(&k);
}

/* How many more a mark says are done; -1: nobody knows. */
static int marked(const struct diary *d)
{
    uint64_t n = 0;
    return diary_marked(d, &n) ? (int)n : -1;
}

static void a_mark_counts_only_for_the_diary_it_was_made_for(void **state)
{
    (void)state;
    struct diary d = some_diary();
    struct diag why = {""};
    assert_int_equal(marked(&d), -1);
    assert_int_equal(diary_store(&d, false, &why), ERR_OK);
    struct diary_mark m = diary_mark_open();
    assert_true(m.fd >= 0);
    assert_int_equal(marked(&d), -1);
    diary_mark(&m, &d, 7);
    assert_int_equal(marked(&d), 7);
    assert_int_equal(pwrite(m.fd, "x", 1, 9), 1);
    assert_int_equal(marked(&d), -1);
    diary_mark(&m, &d, 8);
    assert_int_equal(marked(&d), 8);
    assert_int_equal(diary_store(&d, false, &why), ERR_OK);
    assert_int_equal(marked(&d), -1);
    m.boot++; /* of another start: perhaps not the last that was noted */
    diary_mark(&m, &d, 9);
    assert_int_equal(marked(&d), -1);
    close(m.fd);
    m.fd = -1;
    diary_mark(&m, &d, 10); /* without a file there is none */
    assert_int_equal(marked(&d), -1);
}

static void two_do_not_run_at_once(void **state)
{
    (void)state;
    struct keeper a, b;
    struct diag why = {""};
    int pid = 0;
    assert_int_equal(
        keeper_open(&a, true, &rules, &evening, all, SITES, &pid, &why),
        ERR_OK);
    assert_int_equal(
        keeper_open(&b, true, &rules, &evening, all, SITES, &pid, &why),
        ERR_BUSY);
    assert_int_equal(pid, getpid());
    keeper_close(&b);
    /* who only looks waits for nobody */
    assert_int_equal(
        keeper_open(&b, false, &rules, &evening, all, SITES, &pid, &why),
        ERR_OK);
    keeper_close(&b);
    keeper_close(&a);
    assert_int_equal(
        keeper_open(&a, true, &rules, &evening, all, SITES, &pid, &why),
        ERR_OK);
    keeper_close(&a);
}

/* One run, whose power is cut after so many sites; SITES: never. Notes how
 * often each was begun and done. */
static void run_until(int64_t unix_s, size_t cut, unsigned begun[SITES],
                      unsigned done[SITES])
{
    struct keeper k;
    struct diag why = {""};
    unsigned run = 0;
    size_t n;
    int pid = 0;
    const struct agenda_now now = {.unix_s = unix_s};
    const struct draw_row *rows[SITES];
    assert_int_equal(
        keeper_open(&k, true, &rules, &now, all, SITES, &pid, &why), ERR_OK);
    enum agenda_state st = keeper_due(&k, &run, &n);
    if (st == AGENDA_DUE || st == AGENDA_RESUME) {
        struct draw_pass pass = k.diary.pass;
        n = keeper_pick(&k, &pass, n, rows);
        assert_int_equal(keeper_begin(&k, st, run, n, &why), ERR_OK);
        for (size_t i = 0; i < n && i < cut; i++) {
            begun[rows[i]->site - sites]++;
            done[rows[i]->site - sites]++;
            assert_int_equal(keeper_reached(&k, i + 1, &why), ERR_OK);
        }
        if (cut >= n) {
            assert_int_equal(keeper_end(&k, unix_s, 1000 * n, false, &why),
                             ERR_OK);
        }
    }
    keeper_close(&k);
}

/* Until a pass is over, however often runs end in the middle; *cuts: how often
 * they did. Returns how many sites were begun twice. */
static size_t pass_with_cuts(bool power, size_t *cuts)
{
    unsigned begun[SITES] = {0}, done[SITES] = {0};
    size_t twice = 0, seen = 0, runs = 0;
    for (int64_t day = 20000; day < 20030 && seen < SITES; day++) {
        for (int64_t s = 0; s < DAY_S && seen < SITES; s += 600) {
            size_t cut = (size_t)(s / 600 + day) % 13 ? SITES : runs % 12;
            *cuts += cut < SITES;
            run_until(day * DAY_S + s, cut, begun, done);
            runs++;
            if (power && cut < SITES) {
                unlink(mark); /* nobody waited for it to be on the disk */
            }
            seen = 0;
            for (size_t i = 0; i < SITES; i++) {
                seen += done[i] > 0;
            }
        }
    }
    for (size_t i = 0; i < SITES; i++) {
        twice += begun[i] > 1;
    }
    assert_int_equal(seen, SITES);
    return twice;
}

static void power_cuts_repeat_few_sites_and_leave_none_out(void **state)
{
    (void)state;
    size_t cuts = 0;
    size_t twice = pass_with_cuts(true, &cuts);
    assert_true(cuts > 0);
    assert_true(twice < KEEPER_SAVE * cuts);
}

static void a_process_that_is_killed_repeats_none(void **state)
{
    (void)state;
    size_t cuts = 0;
    assert_int_equal(pass_with_cuts(false, &cuts), 0);
    assert_true(cuts > 0);
}

static void a_pass_that_is_over_is_followed_by_another(void **state)
{
    (void)state;
    unsigned begun[SITES] = {0}, done[SITES] = {0};
    unsigned least = 1000, most = 0;
    for (int64_t day = 20000; day < 20016; day++) {
        for (int64_t s = 0; s < DAY_S; s += 3600) {
            run_until(day * DAY_S + s, SITES, begun, done);
        }
    }
    for (size_t i = 0; i < SITES; i++) {
        least = done[i] < least ? done[i] : least;
        most = done[i] > most ? done[i] : most;
    }
    assert_true(least >= 3);
    assert_true(most - least <= 1);
}

/* ---- networks --------------------------------------------------------------
 */

#define ROUTE_HEAD                                                             \
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
#define HOME_ROUTE                                                             \
    ROUTE_HEAD "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\n"      \
               "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\n"
#define ARP(mac)                                                               \
    "IP address       HW type     Flags       HW address  Mask  Device\n"      \
    "192.168.1.7      0x1 0x2 00:11:22:33:44:55 * eth0\n"                      \
    "192.168.1.1      0x1 0x2 " mac " * eth0\n"

static void id_of(const char *route, const char *arp, const char *route6,
                  char out[NETWORK_ID_MAX])
{
    struct buf b;
    const struct network_tables t = {str_c(route), str_c(arp), str_c(route6)};
    buf_init(&b, NETWORK_ID_MAX - 1);
    enum err e = network_id_of(&t, &b);
    str_copy(out, NETWORK_ID_MAX, e == ERR_OK && b.p ? (char *)b.p : "");
    buf_fini(&b);
}

static void a_network_is_known_by_its_router(void **state)
{
    (void)state;
    char a[NETWORK_ID_MAX], b[NETWORK_ID_MAX];
    id_of(HOME_ROUTE, ARP("00:1a:2b:3c:4d:5e"), "", a);
    assert_string_equal(a, "hardware 00:1a:2b:3c:4d:5e");
    id_of(HOME_ROUTE, ARP("00:1a:2b:3c:4d:5f"), "", b);
    assert_string_not_equal(a, b);
    /* one that a phone made up, or that is not known */
    id_of(HOME_ROUTE, ARP("02:1a:2b:3c:4d:5e"), "", a);
    assert_string_equal(a,
                        "router 192.168.1.1 range 192.168.1.0/255.255.255.0");
    id_of(HOME_ROUTE, "", "", b);
    assert_string_equal(a, b);
    id_of(HOME_ROUTE, ARP("00:00:00:00:00:00"), "", b);
    assert_string_equal(a, b);
    /* the way that counts is the one with the lower metric */
    id_of(HOME_ROUTE "wwan0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\n",
          "", "", a);
    assert_string_equal(a, "link wwan0");
    id_of(ROUTE_HEAD, "",
          "00000000000000000000000000000000 00 "
          "00000000000000000000000000000000 00 "
          "fe80000000000000021a2bfffe3c4d5e 00000400 1 0 00000003 eth0\n",
          a);
    assert_string_equal(a, "router6 fe80000000000000021a2bfffe3c4d5e");
    id_of("", "", "", a);
    assert_string_equal(a, "");
    id_of("\xff rubbish\n\n\teth0 x y z 1 2 3 4\n", "rubbish", "rubbish", a);
    assert_string_equal(a, "");
}

static enum network_state state_of(const char *id)
{
    enum network_state st = NETWORK_AGREED;
    struct diag d = {""};
    assert_int_equal(networks_look(str_c(id), &st, &d), ERR_OK);
    return st;
}

static void only_networks_that_were_agreed_to_are_known(void **state)
{
    (void)state;
    struct diag d = {""};
    struct buf text;
    assert_int_equal(state_of("home"), NETWORK_FIRST);
    assert_int_equal(networks_agree(STR("home"), &d), ERR_OK);
    assert_int_equal(state_of("home"), NETWORK_AGREED);
    assert_int_equal(state_of("cafe"), NETWORK_NEW);
    assert_int_equal(networks_agree(STR("cafe"), &d), ERR_OK);
    assert_int_equal(networks_agree(STR("cafe"), &d), ERR_OK);
    assert_int_equal(state_of("home"), NETWORK_AGREED);
    assert_int_equal(state_of("cafe"), NETWORK_AGREED);
    read_file(networks, &text);
    assert_int_equal(str_find(buf_str(&text), STR("home")), SIZE_MAX);
    assert_int_equal(str_find(buf_str(&text), STR("cafe")), SIZE_MAX);
    buf_fini(&text);
}

static void of_too_many_networks_the_oldest_is_forgotten(void **state)
{
    (void)state;
    struct diag d = {""};
    char id[16];
    for (unsigned i = 0; i <= NETWORKS_MAX; i++) {
        snprintf(id, sizeof(id), "net %u", i);
        assert_int_equal(networks_agree(str_c(id), &d), ERR_OK);
    }
    assert_int_equal(state_of("net 0"), NETWORK_NEW);
    assert_int_equal(state_of("net 1"), NETWORK_AGREED);
    assert_int_equal(state_of(id), NETWORK_AGREED);
}

static void a_damaged_file_of_networks_agrees_to_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "parallax networks 1\n",
                                      "parallax networks 1\nzz\n",
                                      "parallax networks\n", "\xff\xfe"};
    struct diag d = {""};
    enum network_state st = NETWORK_NEW;
    assert_int_equal(networks_agree(STR("home"), &d), ERR_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_file(networks, str_c(bad[i]));
        assert_int_equal(networks_look(STR("home"), &st, &d), ERR_PARSE);
        assert_int_equal(st, NETWORK_NEW);
    }
    assert_int_equal(networks_agree(STR("home"), &d), ERR_OK);
    assert_int_equal(state_of("home"), NETWORK_AGREED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(each_damage_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_one_is_left_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            after_a_damaged_one_nothing_more_is_done_today, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_mark_counts_only_for_the_diary_it_was_made_for, setup, teardown),
        cmocka_unit_test_setup_teardown(two_do_not_run_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            power_cuts_repeat_few_sites_and_leave_none_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_that_is_killed_repeats_none,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_pass_that_is_over_is_followed_by_another, setup, teardown),
        cmocka_unit_test(a_network_is_known_by_its_router),
        cmocka_unit_test_setup_teardown(
            only_networks_that_were_agreed_to_are_known, setup, teardown),
        cmocka_unit_test_setup_teardown(
            of_too_many_networks_the_oldest_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_damaged_file_of_networks_agrees_to_none, setup, teardown),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
