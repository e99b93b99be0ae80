//! Expected values come from the Python package.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn hashes_as_python_does() {
    let expected: [(&str, u64); 9] = [
        ("", 0),
        ("a", 12416037344),
        ("paths", 13778350363235242913),
        ("/users/{id}", 5926545170304875830),
        ("Prod", 323627113248955163),
        ("é", 29824089448),
        ("日本語", 12453297410822259732),
        ("😀", 16449585346049),
        ("x-amazon-apigateway-integration", 11271268369173863242),
    ];
    for (text, value) in expected {
        assert_eq!(hash(text), value, "{text}");
    }
}

/// `+key` adds, `-key` removes, `=` copies deeply, `c` copies, `u…` updates. Computed with the Python package.
#[rustfmt::skip]
const HISTORIES: [(&[&str], &str); 9] = [
    (&["udefinitions", "=", "+swagger", "utype", "+securityDefinitions", "+/p29", "+parameters", "uinfo /p3 put /p10 /p29 securityDefinitions /b /p1 definitions", "+/p14", "+api_key", "+/é", "+securityDefinitions"], "info /p14 api_key /é /p10 parameters /p3 /b securityDefinitions /p29 put definitions swagger type /p1"),
    (&["+/p1", "+/p29", "=", "+/p33", "+/p6", "=", "+/p13", "+/p18", "-/p11", "-definitions", "+/p28", "+/p18", "+/p37", "+definitions", "=", "+/p19", "+/p33", "+type", "uswagger", "-/p14", "-/p32", "+/p24", "c", "+/p34", "+responses", "+/p2", "=", "-/p25", "+/p38", "+/p32", "+/p10", "c", "c", "-/p20", "-/p23", "uAWS_IAM", "+/p4", "+api_key", "+get", "+/p22", "-/p15", "u/p25 /p39 /p0 /p37 info /p5 /p15 /p36 delete", "+/p1", "+responses", "+info", "+/users", "+/p21", "-definitions", "c", "+/p7", "uparameters responses /p29 /p6 /p4 /p5 /p34 /users paths", "+/p18", "-/p36", "=", "+/p1", "udelete /p13 type", "-/p8", "+/users/{id}/orders", "+/p3", "+/p39", "+/p3", "-/é", "=", "-/p4", "+/p38", "+delete", "u/p8 /é /p19 /p13 AWS_IAM /p3 /p26 /p21 /p35", "u/p3", "+/p35", "+/p1", "+get", "+/p19", "=", "=", "uAWS_IAM /p30 /p25 /p15 /users/{id}/orders paths /p26 /p21 /p0", "+x-amazon-apigateway-any-method", "-/users/{id}/orders", "u/p34 /b /p35", "-/p19", "+/"], "x-amazon-apigateway-any-method /p1 paths parameters get /b / /p29 /p28 /p22 /p21 swagger type /p26 /p25 /p24 /p5 /p6 /p7 /p0 responses /p2 /p3 /p8 /p15 /p33 /é info api_key /p13 /p10 /p37 /p18 /p38 /p39 AWS_IAM /p30 /p32 /users /p34 /p35 delete"),
    (&["+httpMethod", "+/a", "+/é", "="], "httpMethod /a /é"),
    (&["+/p12", "+/p16", "+/p28", "="], "/p16 /p28 /p12"),
    (&["c", "=", "+/users", "+put", "c", "-/users", "+/p35", "-parameters", "+/p16", "-/p36", "=", "c"], "put /p16 /p35"),
    (&["+paths", "=", "+delete", "=", "+/p39", "-/p0", "-/p32"], "paths /p39 delete"),
    (&["+/p36", "+/p6", "-/p8", "u/a /p28 swagger /p0 /p3 /users/{id} options /p17 parameters", "+/p2", "-parameters", "c", "u/p7 /a /p34", "+uri", "+/p37", "+/p3", "+/p30", "u/p28 /p0 AWS_IAM /users/{id} paths /p21", "+/p18", "+/p31", "-/p24", "+/p12", "+securityDefinitions", "+/p4", "u/p8", "+api_key", "+/", "=", "+/p38", "-type", "+api_key", "+definitions", "+put", "-/p8", "+/p3", "+parameters", "+/p18", "u/ paths /p8 /p20 parameters swagger", "uapi_key", "+/p14", "-/p1", "+/p39", "-/p9", "+put", "uput", "-/é", "+/p6", "u/p38 /p25 /p37 /p7 /users /p19 httpMethod responses /users/{id}/orders", "+/a", "+/p19", "udefinitions", "-/p7", "+swagger", "+/p23", "c", "+/p12", "+api_key", "+/p32", "+/p21", "uoptions /p14 /p2", "+get", "+x-amazon-apigateway-any-method", "+/p39", "-/p6", "+get", "+type", "+paths", "+/p13", "+/p4", "+/users", "-/p24", "=", "+/b", "+/p29", "-/p39", "+/p39", "+put", "=", "+paths", "+/p21", "uinfo put /p15 /p9 /p18 parameters /p6 / get", "+securityDefinitions", "-/p39", "c", "-securityDefinitions"], "/users/{id}/orders /a x-amazon-apigateway-any-method /p19 paths parameters /p3 /b / /p29 /p28 /users/{id} /p23 swagger /p21 api_key type AWS_IAM /users /p4 /p6 /p0 responses /p2 get /p8 /p9 httpMethod /p15 definitions put info /p17 /p14 /p20 /p12 /p13 uri /p18 /p38 /p25 /p30 /p31 /p32 /p34 options /p36 /p37"),
    (&["+definitions", "=", "-/p1", "+/p33", "+/p23", "+/p11", "=", "+/b", "+/p13", "-/a", "+swagger", "+uri", "-/p37", "+/p11", "+/p34", "=", "+x-amazon-apigateway-any-method", "u/p33 definitions /p27 /p7 /p3 /a", "+/p1", "+type", "+/p8", "uresponses /p21 /p39 /p6 /p32 /p31", "+delete", "+/p37", "-/p26", "+/b", "+/p23", "+/p17", "+/p18", "="], "x-amazon-apigateway-any-method /p1 delete /b /a /p23 /p21 swagger /p27 /p6 /p7 responses /p3 /p8 definitions /p17 /p13 /p11 type uri /p18 /p39 /p31 /p32 /p33 /p34 /p37"),
    (&["-/p12", "+securityDefinitions", "+definitions", "+/p29", "=", "+info", "="], "info definitions /p29 securityDefinitions"),
];

#[test]
fn orders_keys_as_python_does() {
    for (history, expected) in HISTORIES {
        let mut table = KeyTable::default();
        for step in history {
            match step.split_at(1) {
                ("+", key) => table.add(key),
                ("-", key) => table.remove(key),
                ("=", _) => table = table.deep_copied(1),
                ("c", _) => table = table.copied(),
                (_, keys) => table.merge(keys.split(' ').collect::<Vec<_>>().into_iter()),
            }
        }
        let keys: Vec<&str> = table.keys().map(AsRef::as_ref).collect();
        assert_eq!(keys.join(" "), expected);
    }
}

#[test]
fn many_copies_are_the_same_as_one_by_one() {
    for (history, _) in HISTORIES {
        let table = KeyTable::of(history.iter().copied());
        let mut slow = table.clone();
        for times in 0..20 {
            let fast = table.clone().deep_copied(times);
            assert!(fast.keys().eq(slow.keys()));
            slow = slow.deep_copied(1);
        }
    }
}
