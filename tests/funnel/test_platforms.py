"""Published examples of other systems: which setting gives their numbers, and where none does, what differs.

The examples are those of the systems' documentation and test suites: ClickHouse (the stateless test 00632, pull
requests 9773, 9938 and 99003, issues 27469 and 37177), StarRocks and Doris (documentation and regression test of
window_funnel), Hologres (documentation of windowFunnel and range_funnel), PostHog (tests of its funnels), Mixpanel
(funnels-advanced and funnels-faq), Amplitude (how funnels are computed), GA4 (Data API,
within_duration_from_prior_step) and Bloomreach (technical reference of funnels). Events are "visitor second name";
steps are names; an exclusion is (event, after, before).
"""

import pandas as pd
import pytest

from ecommine import funnel

SAME = [
    ("Amplitude exact order", "u 1 A, u 2 x, u 3 B", "A B", {"order": "strict"}, [1, 0]),
    ("Amplitude exact order", "u 0 A, u 5 x, u 5 B", "A B", {"order": "strict"}, [1, 1]),
    ("Amplitude this order", "u 1 A, u 2 A, u 3 B, v 1 A, v 2 B", "A A B", {}, [2, 1, 1]),
    ("Amplitude this order", "u 86400 A, u 432000 A, u 1728000 A, u 172800 B, u 518400 B", "A B", {}, [1, 1]),
    ("Bloomreach ordered", "u 1 A, u 2 B, u 3 C, u 4 E, u 5 D, u 6 E", "A B C D E", {}, [1, 1, 1, 1, 1]),
    (
        "ClickHouse default",
        "u 0 1000, u 1 1001, u 2 1002, u 3 1003, u 4 1004, u 5 1005, u 6 1006, u 7 1007, u 8 1008",
        "1000 1001",
        {"window": "10000s"},
        [1, 1],
    ),
    (
        "ClickHouse default",
        "u 0 1000, u 1 1001, u 2 1002, u 3 1003, u 4 1004, u 5 1005, u 6 1006, u 7 1007, u 8 1008",
        "1000 1001 1002",
        {"window": "10000s"},
        [1, 1, 1],
    ),
    (
        "ClickHouse default",
        "u 0 1000, u 1 1001, u 2 1002, u 3 1003, u 4 1004, u 5 1005, u 6 1006, u 7 1007, u 8 1008",
        "1000 1001 1002 1008",
        {"window": "10000s"},
        [1, 1, 1, 1],
    ),
    (
        "ClickHouse default",
        "u 0 1000, u 1 1001, u 2 1002, u 3 1003, u 4 1004, u 5 1005, u 6 1006, u 7 1007, u 8 1008",
        "1008 1001",
        {"window": "10000s"},
        [1, 0],
    ),
    (
        "ClickHouse default",
        "u 0 1000, u 1 1001, u 2 1002, u 3 1003, u 4 1004, u 5 1005, u 6 1006, u 7 1007, u 8 1008",
        "1001 1008",
        {"window": "10000s"},
        [1, 1],
    ),
    (
        "ClickHouse default",
        "u 0 1000, u 1 1001, u 2 1002, u 3 1003, u 4 1004, u 5 1005, u 6 1006, u 7 1007, u 8 1008",
        "1003 1004 1005 1006 1007",
        {"window": "2s"},
        [1, 1, 1, 0, 0],
    ),
    (
        "ClickHouse default",
        "u 0 1000, u 1 1001, u 2 1002, u 3 1003, u 4 1004, u 5 1005, u 6 1006, u 7 1007, u 8 1008",
        "1003 1004 1005 1006 1007",
        {"window": "3s"},
        [1, 1, 1, 1, 0],
    ),
    (
        "ClickHouse default",
        "u 0 1000, u 1 1001, u 2 1002, u 3 1003, u 4 1004, u 5 1005, u 6 1006, u 7 1007, u 8 1008",
        "1003 1004 1005 1006 1007",
        {"window": "4s"},
        [1, 1, 1, 1, 1],
    ),
    (
        "ClickHouse default",
        "u 0 1000, u 10 1001, u 20 1002, u 30 1003, u 40 1004, u 50 1005, u 51 1005, u 60 1006, u 70 1007",
        "1000 1001 1002 1003 1004 1005 1006",
        {"window": "10000s"},
        [1, 1, 1, 1, 1, 1, 1],
    ),
    (
        "ClickHouse default",
        (
            "1 1 a, 1 2 b, 1 3 c, 2 1 a, 2 2 d, 2 3 b, 2 4 c, 3 1 a, 3 2 a, 3 3 b, 3 4 b, 3 5 c, 3 6 c, 4 1 "
            "a, 4 2 a, 4 3 a, 4 4 a, 4 5 b, 4 6 b, 4 7 c, 4 8 c, 5 1 a, 5 2 a, 5 3 b, 5 4 b, 5 5 d, 5 6 c, 5 "
            "7 c, 6 1 c, 6 2 c, 6 3 b, 6 4 b, 6 5 a, 6 6 a"
        ),
        "a b c",
        {"window": "86400s"},
        [6, 5, 5],
    ),
    ("ClickHouse default", "u 0 0, u 1 1, u 1 2, u 1 3, u 2 4", "0 1 2 3 4", {"window": "10000s"}, [1, 1, 1, 1, 1]),
    (
        "ClickHouse default",
        "1 2541600 1003, 1 2710800 1007, 1 2620800 1009, 1 2793600 1010",
        "1003 1009 1007 1010",
        {},
        [1, 1, 1, 1],
    ),
    (
        "ClickHouse strict_deduplication",
        "u 1 a, u 2 b, u 3 c, u 4 b, u 5 d",
        "a b c d",
        {"window": "86400s", "exclude": [("b", "b", None), ("c", "c", None)]},
        [1, 1, 1, 0],
    ),
    (
        "ClickHouse strict_once and strict_deduplication",
        "234 100 f, 345 200 s, 345 210 f, 345 230 s, 234 250 f, 123 180 f, 123 220 f, 123 250 s",
        "f f s",
        {"window": "200s", "exclude": [("f 2", "f 2", None)]},
        [3, 2, 1],
    ),
    (
        "ClickHouse strict_once and strict_increase",
        "234 100 f, 345 200 s, 345 210 f, 345 230 s, 234 250 f, 123 180 f, 123 220 f, 123 250 s",
        "f f s",
        {"window": "200s"},
        [3, 2, 1],
    ),
    (
        "ClickHouse strict_order",
        (
            "1 1 a, 1 2 b, 1 3 c, 2 1 a, 2 2 d, 2 3 b, 2 4 c, 3 1 a, 3 2 a, 3 3 b, 3 4 b, 3 5 c, 3 6 c, 4 1 "
            "a, 4 2 a, 4 3 a, 4 4 a, 4 5 b, 4 6 b, 4 7 c, 4 8 c, 5 1 a, 5 2 a, 5 3 b, 5 4 b, 5 5 d, 5 6 c, 5 "
            "7 c, 6 1 c, 6 2 c, 6 3 b, 6 4 b, 6 5 a, 6 6 a"
        ),
        "a b c",
        {"window": "86400s", "exclude": [("c", None, "b"), ("d", None, None)]},
        [6, 4, 3],
    ),
    (
        "ClickHouse strict_order",
        "7 1 a, 7 2 c, 7 3 b",
        "a b c",
        {"window": "10s", "exclude": [("c", None, "b")]},
        [1, 0, 0],
    ),
    (
        "ClickHouse strict_order",
        "2 10 a, 2 20 c, 2 30 b, 2 40 c",
        "a b c",
        {"window": "100s", "exclude": [("c", None, "b")]},
        [1, 0, 0],
    ),
    (
        "ClickHouse strict_order and allow_reentry",
        "1 10 a, 1 20 a, 1 30 b, 1 40 a, 1 50 c",
        "a b a c",
        {"window": "100s", "order": "strict"},
        [1, 1, 1, 1],
    ),
    (
        "Doris default",
        (
            "123 36060 login, 123 36120 visit, 123 36240 order, 123 36600 payment, 125 39600 login, 125 39660 "
            "visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 login, 127 41460 visit"
        ),
        "login visit order payment",
        {"window": "300s"},
        [4, 4, 2, 0],
    ),
    (
        "Doris default",
        (
            "123 36060 login, 123 36120 visit, 123 36240 order, 123 36600 payment, 125 39600 login, 125 39660 "
            "visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 login, 127 41460 visit"
        ),
        "login visit order payment",
        {"window": "10800s"},
        [4, 4, 2, 1],
    ),
    (
        "Doris default",
        (
            "123 36060 login, 123 36120 visit, 123 36240 order, 123 36600 payment, 125 39600 login, 125 39660 "
            "visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 login, 127 41460 visit"
        ),
        "login visit order payment",
        {"window": "30s"},
        [4, 0, 0, 0],
    ),
    (
        "Doris default",
        (
            "123 36060 login, 123 36120 visit, 123 36240 order, 123 36600 payment, 125 39600 login, 125 39660 "
            "visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 login, 127 41460 visit"
        ),
        "login login visit order payment",
        {},
        [4, 0, 0, 0, 0],
    ),
    (
        "Doris default",
        (
            "123 36060 login, 123 36120 visit, 123 36240 order, 123 36600 payment, 125 39600 login, 125 39660 "
            "visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 login, 127 41460 visit"
        ),
        "login visit visit order payment",
        {},
        [4, 4, 0, 0, 0],
    ),
    (
        "Doris default",
        (
            "123 36060 login, 123 36120 visit, 123 36240 order, 123 36600 payment, 125 39600 login, 125 39660 "
            "visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 login, 127 41460 visit"
        ),
        "login login login login login login login",
        {},
        [4, 0, 0, 0, 0, 0, 0],
    ),
    (
        "Doris default",
        (
            "123 36060 login, 123 36120 visit, 123 36240 order, 125 39600 login, 125 39660 visit, 125 39720 "
            "order, 126 43200 login, 126 43260 visit, 127 41400 login, 127 41460 visit, 123 46860 login, 123 "
            "46920 visit, 123 47040 order, 123 47400 payment, 126 50400 login, 126 50460 visit, 126 50520 "
            "order, 126 50580 payment"
        ),
        "login visit order payment",
        {"window": "3600s"},
        [4, 4, 3, 2],
    ),
    (
        "Doris fixed",
        (
            "123 36060 login, 123 36120 visit, 123 36180 login2, 123 36240 order, 123 36600 payment, 125 "
            "39600 login, 125 39660 visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 "
            "login, 127 41460 visit"
        ),
        "login visit order payment",
        {"window": "3600s", "exclude": [("order", None, "visit"), ("payment", None, "order")]},
        [4, 4, 2, 1],
    ),
    (
        "Doris fixed",
        "u 1 A, u 2 B, u 3 X, u 4 C, u 5 D",
        "A B C D",
        {"exclude": [("C", None, "B"), ("D", None, "C")]},
        [1, 1, 1, 1],
    ),
    (
        "Doris fixed before 4.1",
        (
            "123 36060 login, 123 36120 visit, 123 36180 order, 123 36240 login2, 123 36600 payment, 125 "
            "39600 login, 125 39660 visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 "
            "login, 127 41460 visit"
        ),
        "login visit order payment",
        {"window": "3600s", "order": "strict"},
        [4, 4, 2, 0],
    ),
    (
        "Doris fixed before 4.1",
        (
            "123 36060 login, 123 36120 visit, 123 36180 login2, 123 36240 order, 123 36600 payment, 125 "
            "39600 login, 125 39660 visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 "
            "login, 127 41460 visit"
        ),
        "login visit order payment",
        {"window": "3600s", "order": "strict"},
        [4, 4, 1, 0],
    ),
    (
        "Doris fixed before 4.1",
        (
            "123 36060 login, 123 36120 visit, 123 36180 login, 123 36240 order, 123 36600 payment, 125 39600 "
            "login, 125 39660 visit, 125 39720 order, 126 43200 login, 126 43260 visit, 127 41400 login, 127 "
            "41460 visit"
        ),
        "login visit order payment",
        {"window": "3600s", "order": "strict"},
        [4, 4, 1, 0],
    ),
    (
        "Doris fixed before 4.1",
        "u 38460 1, u 48482 2, u 51301 3, u 54304 4",
        "1 2 4 3",
        {"window": "20000s", "order": "strict"},
        [1, 1, 0, 0],
    ),
    (
        "Doris fixed before 4.1",
        "u 38460 1, u 48482 2, u 51301 3, u 54304 4",
        "4 3 2 1",
        {"window": "20000s", "order": "strict"},
        [1, 0, 0, 0],
    ),
    ("Doris fixed before 4.1", "u 1 A, u 2 B, u 3 X, u 4 C, u 5 D", "A B C D", {"order": "strict"}, [1, 1, 0, 0]),
    ("Hologres range_funnel", "u 1 1, u 2 2, u 3 1, u 4 3", "1 1 1", {}, [1, 1, 0]),
    ("GA4 closed", "1 1 A, 1 2 B, 1 3 C, 2 1 B, 2 2 C, 3 1 A, 3 2 C, 4 1 C", "A B C", {}, [2, 1, 1]),
    ("GA4 closed", "u 0 A, u 4.9 B", "A B", {"window": "5s"}, [1, 1]),
    ("GA4 closed", "u 0 A, u 5 B", "A B", {"window": "5s"}, [1, 1]),
    ("GA4 closed", "u 0 A, u 5.000001 B", "A B", {"window": "5s"}, [1, 0]),
    (
        "Hologres default",
        (
            "1 39600 Browse, 1 40200 Click, 1 40800 Order, 1 41400 Pay, 1 39600 Browse, 2 39600 Order, 2 "
            "40200 Pay, 3 40800 Browse, 3 43200 Click, 4 42600 Browse, 4 43200 Click, 5 42600 Browse, 5 43200 "
            "Click, 5 40200 Order, 6 42600 Browse, 6 43200 Click"
        ),
        "Browse Click Order Pay",
        {"window": "1800s"},
        [5, 4, 1, 1],
    ),
    (
        "Hologres default",
        "p 1 1, p 2 2, p 3 3, p 4 4, q 1 4, q 2 3, q 3 2, q 4 1, r 1 4, r 2 3",
        "1 2 3",
        {},
        [2, 1, 1],
    ),
    ("Hologres range_funnel", "u 1 1, u 2 2, u 3 1, u 4 3", "1 2 3", {}, [1, 1, 1]),
    ("Mixpanel specific order", "u 1 A, u 2 B, u 3 C, u 4 D, u 5 E", "A B C D E", {}, [1, 1, 1, 1, 1]),
    ("Mixpanel specific order", "u 1 A, u 2 B, u 3 F, u 4 C, u 5 D, u 6 E", "A B C D E", {}, [1, 1, 1, 1, 1]),
    ("Mixpanel specific order", "u 1 A, u 2 B, u 3 D, u 4 C, u 5 D, u 6 E", "A B C D E", {}, [1, 1, 1, 1, 1]),
    ("Mixpanel specific order", "u 1 A, u 2 B, u 3 C, u 4 E", "A B C D E", {}, [1, 1, 1, 0, 0]),
    (
        "Mixpanel specific order, uniques",
        "u 46800 A, u 48600 A, u 49500 B, u 51300 C",
        "A B C",
        {"window": "3600s", "reentry": False},
        [1, 1, 0],
    ),
    ("Mixpanel totals", "u 1 A, u 2 A, u 3 B", "A B", {}, [1, 1]),
    ("Mixpanel uniques", "u 0 A, u 200 A, u 210 B", "A B", {"window": "100s", "reentry": False}, [1, 0]),
    ("Mixpanel uniques", "u 1 A, u 2 B, u 3 A, u 4 B", "A B", {"reentry": False}, [1, 1]),
    ("Mixpanel uniques or totals", "u 0 A, u 50 A, u 120 B", "A B", {"window": "100s", "reentry": False}, [1, 0]),
    ("Mixpanel uniques, optimized re-entry", "u 0 A, u 200 A, u 210 B", "A B", {"window": "100s"}, [1, 1]),
    (
        "PostHog ordered",
        "1 1 S, 2 1 S, 2 2 P, 3 1 S, 3 2 P, 3 3 M, 4 1 M, 5 1 P, 5 2 S, 5 3 M",
        "S P M",
        {"window": "1209600s"},
        [4, 2, 1],
    ),
    ("PostHog ordered", "1 1 S, 1 2 M", "S P M", {"window": "1209600s"}, [1, 0, 0]),
    ("PostHog ordered", "1 1 A, 1 2 A, 2 1 A", "A A", {"window": "1209600s"}, [2, 1]),
    (
        "PostHog ordered",
        (
            "1 1 S, 2 1 S, 2 2 P, 3 1 S, 3 2 P, 3 3 b, 3 4 P, 4 1 S, 4 2 P, 4 3 b, 4 4 P, 4 5 P, 4 6 b, 5 1 "
            "S, 5 2 P, 5 3 P, 5 4 P, 5 5 P"
        ),
        "S P P P P",
        {"window": "1209600s"},
        [5, 4, 3, 2, 1],
    ),
    (
        "PostHog ordered",
        (
            "1 1 P, 1 2 S, 2 1 S, 2 2 P, 3 1 P, 3 2 S, 3 3 b, 3 4 P, 4 1 b, 4 2 P, 4 3 b, 4 4 P, 4 5 S, 4 6 "
            "P, 5 1 S, 5 2 P, 5 3 b, 5 4 P, 5 5 P, 5 6 P, 6 1 P, 6 2 b, 6 3 P, 6 4 P, 6 5 P"
        ),
        "S P P P P",
        {"window": "1209600s"},
        [5, 4, 1, 1, 1],
    ),
    ("PostHog ordered", "1 5 A, 1 5 B, 2 5 A", "A B", {"window": "1209600s"}, [2, 1]),
    ("PostHog ordered", "1 0 A, 1 86400 B, 2 0 A, 2 777600 B", "A B C", {"window": "604800s"}, [2, 1, 0]),
    ("PostHog ordered", "1 0 A, 1 10 B, 2 0 A, 2 20 B", "A B C", {"window": "15s"}, [2, 1, 0]),
    ("PostHog ordered", "u 0 A, u 1 x, u 31 A", "A B", {"window": "10s", "exclude": [("x", "A", "B")]}, [1, 0]),
    ("PostHog ordered", "u 0 A, u 31 A, u 32 x", "A B", {"window": "10s", "exclude": [("x", "A", "B")]}, [1, 0]),
    (
        "PostHog ordered",
        "u 0 A, u 1 x, u 31 B, u 3600 A, u 3629 B",
        "A B",
        {"window": "30s", "exclude": [("x", "A", "B")]},
        [1, 1],
    ),
    ("PostHog ordered", "u 0 A, u 11 x, u 12 B", "A B", {"window": "10s", "exclude": [("x", "A", "B")]}, [1, 0]),
    (
        "PostHog ordered",
        (
            "u 0 0, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u "
            "60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u "
            "60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 x, u 60 2, u 120 3"
        ),
        "0 1 2 3",
        {"window": "1209600s", "exclude": [("x", "0", "1")]},
        [1, 1, 1, 1],
    ),
    (
        "PostHog ordered",
        (
            "u 0 0, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u "
            "60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u "
            "60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 1, u 60 x, u 60 2, u 120 3"
        ),
        "0 1 2 3",
        {"window": "1209600s", "exclude": [("x", "1", "2")]},
        [1, 1, 1, 1],
    ),
    (
        "PostHog ordered",
        (
            "1 1 1, 2 1 1, 2 2 2, 2 3 3, 3 1 1, 3 2 3, 4 1 1, 4 2 2, 4 3 3, 4 4 4, 4 5 5, 5 1 1, 5 2 2, 5 3 "
            "3, 5 4 5, 6 1 1, 6 2 3, 6 3 4, 7 1 1, 7 2 3, 7 3 4, 7 4 5, 8 1 1, 8 2 3, 8 3 5"
        ),
        "1 2 3 4 5",
        {"window": "1209600s", "optional": ["2", "4"]},
        [8, 3, 7, 3, 4],
    ),
    (
        "PostHog ordered",
        "1 1 1, 2 1 1, 2 2 2, 3 1 1, 3 2 2, 3 3 3",
        "1 2 3",
        {"window": "604800s", "optional": ["2"]},
        [3, 2, 1],
    ),
    ("PostHog ordered", "org5 172800 A, org6 864000 A, org5 259200 B", "A B", {"window": "1209600s"}, [2, 1]),
    (
        "PostHog strict",
        (
            "1 1 S, 2 1 P, 2 2 S, 3 1 S, 3 2 P, 3 3 b, 3 4 I, 4 1 I, 4 2 b, 4 3 P, 4 4 S, 5 1 P, 5 2 S, 5 3 "
            "b, 5 4 P, 5 5 I, 6 1 b, 6 2 S, 6 3 b, 6 4 P, 7 1 b, 7 2 S, 7 3 P, 7 4 I, 7 5 b, 8 1 I, 8 2 P"
        ),
        "S P I",
        {"window": "1209600s", "order": "strict"},
        [7, 2, 1],
    ),
    (
        "PostHog unordered",
        (
            "1 1 S, 2 1 P, 2 2 C, 3 1 S, 3 2 P, 3 3 b, 3 4 I, 4 1 I, 4 2 C, 4 3 S, 5 1 P, 5 2 S, 5 3 C, 5 4 "
            "I, 6 1 b, 6 2 I, 7 1 P, 7 2 b, 8 1 I, 8 2 P"
        ),
        "S P I C",
        {"window": "1209600s", "order": "any"},
        [8, 5, 3, 1],
    ),
    (
        "PostHog unordered",
        "1 1 A, 1 2 B, 2 1 A, 2 2 x, 2 3 B, 3 1 A, 3 2 B",
        "A B",
        {"window": "1209600s", "order": "any", "exclude": [("x", None, None)]},
        [3, 2],
    ),
    (
        "PostHog unordered",
        "1 1 A, 1 2 B, 1 3 C, 1 4 x, 1 5 C",
        "A B C",
        {"window": "1209600s", "order": "any", "exclude": [("x", None, None)]},
        [1, 1, 1],
    ),
    (
        "StarRocks deduplication",
        ("1 39600 Browse, 2 39601 Browse, 1 40200 Click, 1 41340 Order, 1 41390 Click, 1 41400 Pay, 1 42000 Click"),
        "Browse Click Order Pay",
        {"window": "1800s", "exclude": [("Click", "Click", None), ("Order", "Order", None)]},
        [2, 1, 1, 0],
    ),
    (
        "StarRocks deduplication",
        "u 1 A, u 2 B, u 3 C, u 4 B, u 5 D",
        "A B C D",
        {"exclude": [("B", "B", None), ("C", "C", None)]},
        [1, 1, 1, 0],
    ),
    (
        "StarRocks default",
        (
            "1 39600 Browse, 1 40200 Click, 1 40800 Order, 1 41400 Pay, 1 39600 Browse, 2 39600 Order, 2 "
            "40200 Pay, 3 40800 Browse, 3 43200 Click, 4 42600 Browse, 4 43200 Click, 5 42600 Browse, 5 43200 "
            "Click, 5 40200 Order, 6 42600 Browse, 6 43200 Click, 6 43800 Order"
        ),
        "Browse Click Order Pay",
        {"window": "1800s"},
        [5, 4, 2, 1],
    ),
    (
        "StarRocks default",
        ("1 39600 Browse, 2 39601 Browse, 1 40200 Click, 1 41340 Order, 1 41390 Click, 1 41400 Pay, 1 42000 Click"),
        "Browse Click Order Pay",
        {"window": "1800s"},
        [2, 1, 1, 1],
    ),
    (
        "StarRocks default",
        "1 39600 Browse, 2 39601 Browse, 1 40200 Click, 1 41400 Pay, 1 41460 Order",
        "Browse Click Order Pay",
        {"window": "1900s"},
        [2, 1, 1, 0],
    ),
    (
        "StarRocks default",
        "1 39600 Browse, 1 39601 Click, 2 39603 Browse, 1 39631 Order, 2 39603 Click, 2 39663 Order",
        "Browse Click Order",
        {"window": "1900s"},
        [2, 2, 2],
    ),
    (
        "StarRocks fixed",
        "1 39600 Browse, 2 39601 Browse, 1 40200 Click, 1 41400 Pay, 1 41460 Order",
        "Browse Click Order Pay",
        {"window": "1900s", "exclude": [("Order", None, "Click"), ("Pay", None, "Order")]},
        [2, 1, 0, 0],
    ),
    (
        "StarRocks fixed",
        "u 1 A, u 2 B, u 3 D, u 4 C",
        "A B C D",
        {"exclude": [("C", None, "B"), ("D", None, "C")]},
        [1, 1, 0, 0],
    ),
    (
        "PostHog ordered: of one moment all orders are tried",
        "u 5 A, u 5 B, u 5 B, u 5 C, u 5 C, u 5 D, u 5 B, u 5 C, u 5 D, u 5 A",
        "A B B C C D B C D A",
        {"window": "1209600s"},
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
]

OTHER = [
    (
        "ClickHouse strict_deduplication: there a repeat ends everything; here the repeat may itself be the step",
        "u 0 1000, u 10 1001, u 20 1002, u 30 1003, u 40 1004, u 50 1005, u 51 1005, u 60 1006, u 70 1007",
        "1000 1001 1002 1003 1004 1005 1006",
        {
            "window": "10000s",
            "exclude": [
                ("1001", "1001", None),
                ("1002", "1002", None),
                ("1003", "1003", None),
                ("1004", "1004", None),
                ("1005", "1005", None),
            ],
        },
        [1, 1, 1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1, 1, 1],
    ),
    (
        "ClickHouse default: one event may be several steps there",
        "u 0 0, u 1 1, u 1 2, u 1 3, u 2 4",
        "4 4 4",
        {"window": "10000s"},
        [1, 1, 1],
        [1, 0, 0],
    ),
    (
        "ClickHouse strict_order: there an event out of order ends everything; here a later attempt may begin",
        "1 10 a, 1 20 a, 1 30 b, 1 40 a, 1 50 c",
        "a b a c",
        {"window": "100s", "exclude": [("a 2", None, "b"), ("c", None, "a 2")]},
        [1, 0, 0, 0],
        [1, 1, 1, 1],
    ),
    (
        "PostHog ordered: who does the excluded event is taken out of all steps there",
        "1 1 A, 1 2 B, 2 1 A, 2 2 x, 2 3 B, 3 1 A, 3 2 B",
        "A B",
        {"window": "1209600s", "exclude": [("x", "A", "B")]},
        [2, 2],
        [3, 2],
    ),
    (
        "PostHog ordered: who does the excluded event is taken out of all steps there",
        (
            "1 1 A, 1 2 B, 1 3 x, 1 4 C, 1 5 x, 1 6 D, 1 7 x, 1 8 E, 2 1 A, 2 2 B, 2 3 C, 2 4 x, 2 5 D, 2 6 "
            "x, 2 7 E, 3 1 A, 3 2 x, 3 3 B, 3 4 C, 3 5 D, 3 6 x, 3 7 E"
        ),
        "A B C D E",
        {"window": "1209600s", "exclude": [("x", "B", "C")]},
        [2, 2, 2, 2, 2],
        [3, 3, 2, 2, 2],
    ),
    (
        "PostHog ordered: who does the excluded event is taken out of all steps there",
        (
            "1 1 A, 1 2 B, 1 3 x, 1 4 C, 1 5 x, 1 6 D, 1 7 x, 1 8 E, 2 1 A, 2 2 B, 2 3 C, 2 4 x, 2 5 D, 2 6 "
            "x, 2 7 E, 3 1 A, 3 2 x, 3 3 B, 3 4 C, 3 5 D, 3 6 x, 3 7 E"
        ),
        "A B C D E",
        {"window": "1209600s", "exclude": [("x", "D", "E")]},
        [0, 0, 0, 0, 0],
        [3, 3, 3, 3, 0],
    ),
    (
        "PostHog unordered: there the first excluded event ends all, here only the attempt",
        (
            "1 1 A, 1 2 x, 1 3 B, 1 4 C, 1 5 y, 1 6 D, 1 7 E, 2 1 A, 2 2 y, 2 3 B, 2 4 C, 2 5 y, 2 6 D, 2 7 "
            "x, 2 8 E, 3 1 A, 3 2 x, 3 3 B, 3 4 C, 3 5 D, 3 6 x, 3 7 E, 4 1 A, 4 2 B, 4 3 C, 4 4 D, 4 5 E, 5 "
            "1 A, 5 2 x, 5 3 B, 5 4 x, 5 5 C, 5 6 y, 5 7 D, 5 8 x, 5 9 E"
        ),
        "A B C D E",
        {"window": "1209600s", "order": "any", "exclude": [("x", None, None), ("y", None, None)]},
        [5, 2, 1, 1, 1],
        [5, 4, 2, 1, 1],
    ),
    (
        "PostHog unordered: there the first excluded event ends all, here only the attempt",
        "1 36000 1, 1 39600 2, 1 43200 x, 1 46800 3, 2 36000 1, 2 39600 2, 2 43200 3",
        "1 2 3",
        {"window": "21600s", "order": "any", "exclude": [("x", None, None)]},
        [2, 1, 1],
        [2, 2, 1],
    ),
    (
        "Mixpanel totals, optimized re-entry: there entries are counted, here units",
        "u 0 A, u 50 A, u 120 B",
        "A B",
        {"window": "100s"},
        [2, 1],
        [1, 1],
    ),
    (
        "Mixpanel totals: there entries are counted, here units",
        "u 1 A, u 2 A, u 3 A, u 4 B",
        "A B",
        {"exclude": [("A", "A", "B")]},
        [2, 1],
        [1, 1],
    ),
    (
        "Mixpanel: two seconds may lie the wrong way round there",
        "u 0 B, u 2 A",
        "A B",
        {},
        [1, 1],
        [1, 0],
    ),
    (
        "Amplitude any order: there the first step must be done, in whatever order",
        "u 1 C, u 2 B",
        "A B C",
        {"order": "any"},
        [0, 0, 0],
        [1, 1, 0],
    ),
    (
        "Amplitude this order: within one second the order does not matter there",
        "u 0 B, u 0.9 A",
        "A B",
        {},
        [1, 1],
        [1, 0],
    ),
]
"""What they publish, and what is counted here."""


def reached(events, steps, settings):
    rows = [event.split() for event in events.split(", ")]
    frame = pd.DataFrame(rows, columns=["visitor_id", "second", "event"])
    micro = (frame.pop("second").astype(float) * 1e6).round().astype("int64")
    frame["occurred_at"] = (pd.Timestamp("2024-01-01") + pd.to_timedelta(micro, unit="us")).astype("datetime64[us]")
    options = {"window": "3650d"} | settings
    options["exclude"] = [funnel.Exclude(e, after=a, before=b) for e, a, b in options.get("exclude", ())]
    found = funnel.analyse(frame, funnel.Funnel(steps.split(), **options), as_of="2060-01-01")
    return found.table["reached"].tolist()


@pytest.mark.parametrize(
    ("events", "steps", "settings", "expected"),
    [case[1:] for case in SAME],
    ids=[f"{case[0]}-{place}" for place, case in enumerate(SAME)],
)
def test_a_setting_gives_their_number(events, steps, settings, expected):
    assert reached(events, steps, settings) == expected


@pytest.mark.parametrize(
    ("events", "steps", "settings", "theirs", "ours"),
    [case[1:] for case in OTHER],
    ids=[case[0] for case in OTHER],
)
def test_what_differs_is_known(events, steps, settings, theirs, ours):
    assert reached(events, steps, settings) == ours
    assert ours != theirs
