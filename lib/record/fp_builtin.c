// SPDX-License-Identifier: Apache-2.0
/* Forged addresses and block pages that are common knowledge: each has been
 * described in public for years, and none is a phrase that an innocent page
 * would use. Whoever imports OONI's lists gets many more.
 *
 * Sources, by letter in the table:
 *  A  Aryan, Aryan, Halderman, "Internet Censorship in Iran: A First Look",
 *     FOCI 2013; the neighbouring addresses and the IPv6 form by OONI and
 *     Tor Project reports, 2014-2022
 *  B  Anonymous, "The Collateral Damage of Internet Censorship by DNS
 *     Injection", SIGCOMM CCR 2012, and "Towards a Comprehensive Picture of
 *     the Great Firewall's DNS Censorship", FOCI 2014; addresses of living
 *     services that the injectors also use are left out
 *  C  Ramesh et al., "Decentralized Control: A Case Study of Russia",
 *     NDSS 2020
 *  D  Citizen Lab and OONI, "The State of Internet Censorship in Indonesia",
 *     2017
 *  E  Turkish block of Twitter, March 2014: Renesys and Citizen Lab notes
 *  F  OONI, Sinar Project, "The State of Internet Censorship in Malaysia",
 *     2016
 *  G  Citizen Lab, "Planet Netsweeper", 2018 (India, Bahrain, Kuwait, Qatar)
 *  H  OpenNet Initiative, country profiles of the UAE and Saudi Arabia; the
 *     product names itself in its Server header
 *  I  Korea Communications Standards Commission: its own warning page
 */
#include "record/fp_builtin.h"

#define DNS(n, cc, ip)                                                         \
    {                                                                          \
        n, "nat", "dns", FP_FULL, ip, cc, 9                                    \
    }
#define ISP_DNS(n, cc, ip)                                                     \
    {                                                                          \
        n, "isp", "dns", FP_FULL, ip, cc, 8                                    \
    }
#define BODY(n, sc, cc, text)                                                  \
    {                                                                          \
        n, sc, "body", FP_CONTAINS, text, cc, 9                                \
    }
#define GOTO(n, sc, cc, text)                                                  \
    {                                                                          \
        n, sc, "header.location", FP_PREFIX, text, cc, 9                       \
    }

const struct fp_builtin fp_builtin[] = {
    /* A */
    DNS("plx.ir_dns_1", "IR", "10.10.34.34"),
    DNS("plx.ir_dns_2", "IR", "10.10.34.35"),
    DNS("plx.ir_dns_3", "IR", "10.10.34.36"),
    DNS("plx.ir_dns_4", "IR", "d0::11"),
    BODY("plx.ir_iframe_1", "nat", "IR", "<iframe src=\"http://10.10.34.34"),
    BODY("plx.ir_iframe_2", "nat", "IR", "<iframe src=\"http://10.10.34.35"),
    BODY("plx.ir_iframe_3", "nat", "IR", "<iframe src=\"http://10.10.34.36"),
    BODY("plx.ir_iframe_4", "nat", "IR",
         "<iframe src=\"http://[d0:0:0:0:0:0:0:11"),
    /* B */
    DNS("plx.cn_dns_1", "CN", "8.7.198.45"),
    DNS("plx.cn_dns_2", "CN", "37.61.54.158"),
    DNS("plx.cn_dns_3", "CN", "46.82.174.68"),
    DNS("plx.cn_dns_4", "CN", "59.24.3.173"),
    DNS("plx.cn_dns_5", "CN", "78.16.49.15"),
    DNS("plx.cn_dns_6", "CN", "93.46.8.89"),
    DNS("plx.cn_dns_7", "CN", "159.106.121.75"),
    DNS("plx.cn_dns_8", "CN", "203.98.7.65"),
    DNS("plx.cn_dns_9", "CN", "243.185.187.39"),
    DNS("plx.cn_dns_10", "CN", "249.129.46.48"),
    DNS("plx.cn_dns_11", "CN", "253.157.14.165"),
    DNS("plx.cn_dns_12", "CN", "4.36.66.178"),
    DNS("plx.cn_dns_13", "CN", "64.33.88.97"),
    DNS("plx.cn_dns_14", "CN", "64.33.99.47"),
    DNS("plx.cn_dns_15", "CN", "64.66.163.251"),
    DNS("plx.cn_dns_16", "CN", "65.104.202.252"),
    DNS("plx.cn_dns_17", "CN", "65.160.219.113"),
    DNS("plx.cn_dns_18", "CN", "66.45.252.237"),
    DNS("plx.cn_dns_19", "CN", "128.121.126.139"),
    DNS("plx.cn_dns_20", "CN", "169.132.13.103"),
    DNS("plx.cn_dns_21", "CN", "192.67.198.6"),
    DNS("plx.cn_dns_22", "CN", "202.106.1.2"),
    DNS("plx.cn_dns_23", "CN", "202.181.7.85"),
    DNS("plx.cn_dns_24", "CN", "203.161.230.171"),
    DNS("plx.cn_dns_25", "CN", "207.12.88.98"),
    DNS("plx.cn_dns_26", "CN", "208.56.31.43"),
    DNS("plx.cn_dns_27", "CN", "209.36.73.33"),
    DNS("plx.cn_dns_28", "CN", "209.145.54.50"),
    DNS("plx.cn_dns_29", "CN", "209.220.30.174"),
    DNS("plx.cn_dns_30", "CN", "211.94.66.147"),
    DNS("plx.cn_dns_31", "CN", "213.169.251.35"),
    DNS("plx.cn_dns_32", "CN", "216.221.188.182"),
    DNS("plx.cn_dns_33", "CN", "216.234.179.13"),
    /* C */
    ISP_DNS("plx.ru_dns_1", "RU", "95.167.13.50"),
    ISP_DNS("plx.ru_dns_2", "RU", "95.167.13.51"),
    ISP_DNS("plx.ru_dns_3", "RU", "62.33.207.196"),
    ISP_DNS("plx.ru_dns_4", "RU", "62.33.207.197"),
    GOTO("plx.ru_goto_1", "isp", "RU", "http://fz139.ttk.ru"),
    GOTO("plx.ru_goto_2", "isp", "RU", "http://warning.rt.ru"),
    GOTO("plx.ru_goto_3", "isp", "RU", "http://lawfilter.ertelecom.ru"),
    /* D */
    ISP_DNS("plx.id_dns_1", "ID", "36.86.63.185"),
    ISP_DNS("plx.id_dns_2", "ID", "internet-positif.org"),
    GOTO("plx.id_goto_1", "nat", "ID", "http://internet-positif.org"),
    GOTO("plx.id_goto_2", "nat", "ID", "http://internetpositif.uzone.id"),
    BODY("plx.id_body_1", "nat", "ID", ".uzone.id/assets/internetpositif"),
    /* E */
    DNS("plx.tr_dns_1", "TR", "195.175.254.2"),
    /* F */
    DNS("plx.my_dns_1", "MY", "175.139.142.25"),
    /* G */
    BODY("plx.in_body_1", "isp", "IN",
         "<iframe src=\"http://www.airtel.in/dot/"),
    GOTO("plx.bh_goto_1", "nat", "BH", "http://www.anonymous.com.bh/"),
    /* H */
    GOTO("plx.ae_goto_1", "isp", "AE", "http://lighthouse.du.ae"),
    {"plx.wirefilter", "prod", "header.server", FP_PREFIX,
     "Protected by WireFilter", "AE,SA", 9},
    /* I */
    GOTO("plx.kr_goto_1", "nat", "KR", "http://www.warning.or.kr"),
    GOTO("plx.kr_goto_2", "nat", "KR", "http://warning.or.kr"),
};

const size_t fp_builtin_count = sizeof(fp_builtin) / sizeof(*fp_builtin);
