//! Whatever happens, the messages are in the end those that a first look would write.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Deed {
    Enter(u64, i64),
    Move(u64, i64),
    Cancel(u64),
    Rename(u64),
    Leads(Vec<i64>),
    Wait(i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let event = 1u64..7;
    let start = (-2i64..12).prop_map(|quarter| quarter * 900);
    prop_oneof![
        3 => (event.clone(), start.clone()).prop_map(|(event, start)| Deed::Enter(event, start)),
        3 => (event.clone(), start).prop_map(|(event, start)| Deed::Move(event, start)),
        2 => event.clone().prop_map(Deed::Cancel),
        1 => event.prop_map(Deed::Rename),
        1 => proptest::sample::subsequence(vec![60i64, 300, 3600], 0..=3).prop_map(Deed::Leads),
        3 => (-400i64..4000).prop_map(Deed::Wait),
    ]
}

proptest! {
    #[test]
    fn any_history_leads_to_what_a_first_look_says(deeds in proptest::collection::vec(deed(), 0..40)) {
        let mut watcher = Watcher::default();
        let mut calendar: BTreeMap<u64, Sighting> = BTreeMap::new();
        let mut now = at(8, 0);
        for deed in deeds {
            match deed {
                Deed::Enter(event, start) => {
                    calendar.entry(event).or_insert_with(|| sighting(event, now + start));
                }
                Deed::Move(event, start) => {
                    if let Some(moved) = calendar.get_mut(&event) {
                        *moved = Sighting { title: moved.title.clone(), ..sighting(event, now + start) };
                    }
                }
                Deed::Cancel(event) => drop(calendar.remove(&event)),
                Deed::Rename(event) => {
                    if let Some(renamed) = calendar.get_mut(&event) {
                        renamed.title.push('!');
                    }
                }
                Deed::Leads(leads) => watcher.leads = leads,
                Deed::Wait(seconds) => now += seconds,
            }
            watcher.traces.clear();
            for event in 1..7 {
                watcher.deleted(event);
            }
            let sightings: Vec<Sighting> = calendar.values().cloned().collect();
            let step = watcher.run(now, &sightings);
            let mut fresh = Watcher { leads: watcher.leads.clone(), ..Watcher::default() };
            let scratch = fresh.run(now, &sightings);

            let said = |step: &Step| -> Vec<_> {
                step.puts.iter().map(|put| (put.key.clone(), put.at, put.until, put.message.title.clone())).collect()
            };
            prop_assert_eq!(said(&step), said(&scratch));
            // Of what stood before only pings of the present time are left, which were sent in their time.
            for (channel, key) in watcher.messages.keys() {
                let scratched = fresh.messages.contains_key(&(channel.clone(), key.clone()));
                let sent = match key {
                    Key::Announcement { .. } => false,
                    Key::Ping { event, lead, start } => {
                        watcher.records.get(event).is_some_and(|record| record.start == *start && record.leads.contains(lead))
                    }
                };
                prop_assert!(scratched || sent, "{} is left behind", key);
            }
            let wakes = &step.wakes;
            prop_assert!(wakes.len() <= 8 && wakes.iter().all(|&at| at >= now + 10));
        }
    }
}
