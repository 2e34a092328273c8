//! The mapper as a whole: every form of address, both rules, and the flat table against the plain meaning of "the narrowest holds".

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;
use crate::span::Span;

fn mapper(settings: &str, csv: &str) -> ClassroomMapper {
    let entries = if csv.is_empty() { Vec::new() } else { rooms::csv("rooms.csv", csv).expect("the table reads") };
    ClassroomMapper::new(serde_json::from_str(settings).expect("the settings read"), entries).expect("the mapper loads")
}

fn place(name: &str, room: bool) -> Option<Place> {
    Some(Place { name: name.to_owned(), room })
}

#[test]
fn the_last_segment_names_the_room_and_what_says_nothing_stays_unknown() {
    let mapper = mapper(r#"{"rule": "last-segment"}"#, "");
    for (address, expected) in [
        ("192.168.1.45", place("Classroom 45", true)),
        ("::ffff:192.168.1.45", place("Classroom 192.168.1.45", true)),
        ("::ffff:c0a8:012d", place("Classroom 012d", true)),
        ("0:0:0:0:0:ffff:c0a8:12d", place("Classroom 12d", true)),
        ("2001:db8::1", place("Classroom 1", true)),
        ("::1", place("Classroom 1", true)),
        ("10.0.0.1", place("Classroom 1", true)),
        ("2001:db8:12:0:0:0:0:45", place("Classroom 45", true)),
        ("2001:db8::", None),
        ("", place("no address", false)),
        ("0.0.0.0", place("no address", false)),
        ("N/A", None),
        ("None", None),
        ("fe80::1%eth0", None),
        ("192.168.1.45:8080", None),
        ("10.0.0.5, 192.168.1.9", None),
        ("192.168.1.", None),
    ] {
        assert_eq!(mapper.place(address), expected, "{address:?}");
    }
}

#[test]
fn the_label_of_the_last_segment_is_the_operators() {
    let mapper = mapper(r#"{"rule": "last-segment", "label": "Raum {} (Altbau)", "proxies": ["10.0.0.1"]}"#, "");
    assert_eq!(mapper.place("10.0.0.7"), place("Raum 7 (Altbau)", true));
    assert_eq!(mapper.place("10.0.0.1"), place("behind a proxy", false));
}

#[test]
fn the_table_knows_every_form_of_an_address_and_the_narrowest_entry_wins() {
    let csv = "name,network,range,address,room\n\
               Campus,10.0.0.0/8,,,no\n\
               Lab 1,10.0.1.0/24,,,\n\
               Teacher's desk,,,10.0.1.7,\n\
               Library,,10.0.2.10-10.0.2.40,,\n\
               Old building,192.168.1.0/24,,,\n\
               Hall,2001:db8:12::/64,,,\n";
    let mapper =
        mapper(r#"{"rooms": [{"name": "Gym", "address": "10.7.7.7"}], "proxies": ["10.0.0.2", "172.16.0.0/30"]}"#, csv);
    for (address, expected) in [
        ("10.0.1.8", place("Lab 1", true)),
        ("10.0.1.7", place("Teacher's desk", true)),
        ("10.0.1.6", place("Lab 1", true)),
        ("10.0.2.9", place("Campus", false)),
        ("10.0.2.10", place("Library", true)),
        ("10.0.2.40", place("Library", true)),
        ("10.0.2.41", place("Campus", false)),
        ("10.255.255.255", place("Campus", false)),
        ("11.0.0.0", None),
        ("9.255.255.255", None),
        ("10.7.7.7", place("Gym", true)),
        ("10.0.0.2", place("behind a proxy", false)),
        ("172.16.0.3", place("behind a proxy", false)),
        ("2001:db8:12:0:0:0:0:45", place("Hall", true)),
        ("2001:db8:12::45", place("Hall", true)),
        ("2001:db8:13:0:0:0:0:45", None),
        (" 192.168.1.45 ", place("Old building", true)),
        ("::ffff:192.168.1.45", place("Old building", true)),
        ("0:0:0:0:0:ffff:c0a8:12d", place("Old building", true)),
        ("0:0:0:0:0:ffff:a0:57", None),
        ("", place("no address", false)),
        ("N/A", None),
    ] {
        assert_eq!(mapper.place(address), expected, "{address:?}");
    }
}

#[test]
fn entries_that_claim_the_same_addresses_are_refused_by_name() {
    let problem = |csv: &str| {
        let entries = rooms::csv("rooms.csv", csv).expect("the table reads");
        Table::new(entries).expect_err("the entries clash").to_string()
    };
    assert_eq!(
        problem("name,network,range\nLab 1,10.0.1.0/24,\nLab 2,,10.0.1.0-10.0.1.255\n"),
        "rooms.csv line 2 (Lab 1) and rooms.csv line 3 (Lab 2) say the same addresses; keep one of them"
    );
    assert_eq!(
        problem("name,range\nLab 1,10.0.0.10-10.0.0.30\nLab 2,10.0.0.20-10.0.0.40\n"),
        "rooms.csv line 2 (Lab 1) and rooms.csv line 3 (Lab 2) overlap, and neither lies inside the other; split one of them"
    );
}

#[test]
fn the_ends_of_all_addresses_are_addresses() {
    let mapper = mapper("{}", "name,network\nEverywhere,0.0.0.0/0\nNowhere,::/0\nLast,255.255.255.255/32\n");
    assert_eq!(mapper.place("255.255.255.255"), place("Last", true));
    assert_eq!(mapper.place("255.255.255.254"), place("Everywhere", true));
    assert_eq!(mapper.place("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), place("Nowhere", true));
}

#[test]
fn the_schema_takes_the_settings_that_the_mapper_takes() {
    let schema: serde_json::Value = serde_json::from_str(ClassroomMapper::describe().schema()).expect("JSON");
    let mut known: Vec<&str> =
        schema["properties"].as_object().expect("an object").keys().map(String::as_str).collect();
    known.sort_unstable();
    assert_eq!(known, ["label", "proxies", "rooms", "rule"]);
    for key in known {
        let settings = serde_json::json!({ key: schema["properties"][key].get("default").cloned().unwrap_or_else(|| serde_json::json!([])) });
        assert!(serde_json::from_value::<Settings>(settings).is_ok(), "{key}");
    }
}

proptest! {
    /// Networks never cross, so any set of them without doubles is a table; it must answer like a search for the longest prefix.
    #[test]
    fn the_flat_table_finds_the_longest_prefix(
        networks in proptest::collection::btree_set((0u32..64, 26u8..=32), 0..24),
        address in 0u32..64,
    ) {
        let networks: std::collections::BTreeSet<(u32, u8)> =
            networks.into_iter().map(|(host, length)| (host & (u32::MAX << (32 - length)), length)).collect();
        let entries = networks.iter().map(|&(network, length)| {
            let text = format!("{}/{length}", Ipv4Addr::from(network));
            Entry { span: Span::network(&text).expect("a network"), name: text.clone(), room: true, origin: text }
        });
        let table = Table::new(entries.collect()).expect("networks do not cross");
        let expected = networks
            .iter()
            .filter(|&&(network, length)| address & (u32::MAX << (32 - length)) == network)
            .max_by_key(|&&(_, length)| length)
            .map(|&(network, length)| format!("{}/{length}", Ipv4Addr::from(network)));
        prop_assert_eq!(table.v4(address).map(|place| place.name.clone()), expected);
    }

    /// Whatever stands in the address column of a site's database, the mapper answers.
    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,40}", digits in "[0-9a-f:.%/, ]{0,50}") {
        let mapper = mapper(r#"{"rule": "last-segment"}"#, "name,network\nLab 1,10.0.0.0/8\n");
        for text in [&text, &digits] {
            if let Some(place) = mapper.place(text) {
                prop_assert!(!place.name.is_empty());
            }
        }
    }

    /// An address that Moodle wrote with its loss is either what it was, or unknown; it is never some third room.
    #[test]
    fn what_moodle_wrote_is_read_back_or_unknown(octets in any::<[u8; 4]>()) {
        let [a, b, c, d] = octets;
        // Moodle joins the octets without padding and then drops leading zeros.
        let group = |one: u8, two: u8| {
            let joined = format!("{one:x}{two:x}");
            let stripped = joined.trim_start_matches('0');
            if stripped.is_empty() { "0".to_owned() } else { stripped.to_owned() }
        };
        let written = format!("0:0:0:0:0:ffff:{}:{}", group(a, b), group(c, d));
        let was = u32::from_be_bytes(octets);
        let found = match Address::read(&written) {
            Address::V4(address) => vec![address],
            // Every address stands for itself here: where several readings are possible, they disagree.
            Address::Lossy(readings) => readings.agree(Some).into_iter().collect(),
            Address::Unreadable | Address::Missing => Vec::new(),
            Address::V6(_) => panic!("{written} is mapped IPv4"),
        };
        prop_assert!(found.is_empty() || found == [was], "{} became {:?}", written, found);
    }
}
