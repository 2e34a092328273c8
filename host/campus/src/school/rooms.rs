//! Rooms and the networks they are wired to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::{Form, mapped, plain_v4, plain_v6};

/// The address of the reverse proxy that some people's requests come through.
pub const PROXY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);

/// The most classrooms a school can have: each has one octet of the network, and some octets are taken.
pub(super) const MOST_CLASSROOMS: usize = 200;

/// What a room is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomKind {
    /// Lessons are given here.
    Classroom,
    /// Students with a free lesson sit here.
    Library,
    /// Teachers without a lesson sit here.
    StaffRoom,
    /// No room at all: the wireless network, on the whole campus.
    Wireless,
}

/// A room with one IPv4 network and one IPv6 prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its name, as people say it.
    pub name: String,
    /// What it is for.
    pub kind: RoomKind,
    octet: u8,
}

impl Room {
    /// Returns its IPv4 network in prefix notation, `10.20.x.0/24`.
    pub fn network_v4(&self) -> String {
        format!("10.20.{}.0/24", self.octet)
    }

    /// Returns its IPv6 prefix, `2001:db8:x::/64`.
    pub fn network_v6(&self) -> String {
        format!("2001:db8:{:x}::/64", self.octet)
    }

    /// Says whether an address is in one of its networks.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => address.octets()[..3] == [10, 20, self.octet],
            IpAddr::V6(address) => address.segments()[..4] == [0x2001, 0xdb8, u16::from(self.octet), 0],
        }
    }

    /// Returns the address of a seat in it.
    pub fn seat(&self, seat: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 20, self.octet, seat)
    }

    /// Returns what Moodle writes for somebody at a seat in it.
    pub(super) fn written(&self, seat: u8, form: Form) -> String {
        match form {
            Form::V4 => plain_v4(self.seat(seat)),
            Form::V6 => plain_v6(Ipv6Addr::new(0x2001, 0xdb8, u16::from(self.octet), 0, 0, 0, 0, u16::from(seat))),
            Form::Mapped | Form::MappedLossy => mapped(self.seat(seat)),
            Form::Proxy => plain_v4(PROXY),
            Form::Unusable => "0.0.0.0".into(),
        }
    }
}

/// Returns the classrooms, then the library, the staff room and the wireless network.
pub(super) fn all(classrooms: usize) -> Vec<Room> {
    let classroom =
        |octet: u8| Room { name: format!("Room {}", 100 + u16::from(octet)), kind: RoomKind::Classroom, octet };
    // The cast cannot lose anything: the count is bounded by a constant below 255.
    let count = u8::try_from(classrooms.clamp(1, MOST_CLASSROOMS)).unwrap_or(u8::MAX);
    let mut rooms: Vec<Room> = (1..=count).map(classroom).collect();
    rooms.push(Room { name: "Library".into(), kind: RoomKind::Library, octet: 240 });
    rooms.push(Room { name: "Staff room".into(), kind: RoomKind::StaffRoom, octet: 241 });
    rooms.push(Room { name: "Wireless".into(), kind: RoomKind::Wireless, octet: 242 });
    rooms
}

/// Writes a table of networks and rooms, with the columns `name,network` of the classroom mapper; the proxy is in it.
pub fn rooms_csv(rooms: &[Room]) -> String {
    let mut table = String::from("name,network\n");
    for room in rooms {
        table.push_str(&format!("{0},{1}\n{0},{2}\n", room.name, room.network_v4(), room.network_v6()));
    }
    table.push_str(&format!("Proxy,{PROXY}/32\n"));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_network() {
        let table = rooms_csv(&all(2));
        assert!(
            table.starts_with("name,network\nRoom 101,10.20.1.0/24\nRoom 101,2001:db8:1::/64\nRoom 102,"),
            "{table}"
        );
        assert!(table.ends_with("Wireless,2001:db8:f2::/64\nProxy,192.0.2.10/32\n"), "{table}");
    }
}
