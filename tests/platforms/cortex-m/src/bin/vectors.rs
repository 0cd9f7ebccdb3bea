//! Judges the packed vectors one by one, as the host hands them over.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use cortex_m_rt::entry;
use countersign_cortex_m::host::{File, exit, print, print_number};
use countersign_cortex_m::stack;
use countersign_packed::{LONGEST, Vector, Verdict};

/// What all vectors together have come to.
#[derive(Default)]
struct Tally {
    run: usize,
    passed: usize,
    stack: usize,
}

#[entry]
fn main() -> ! {
    static mut ROOM: [u8; LONGEST] = [0; LONGEST];
    let Some(mut file) = File::open(c"vectors.packed") else {
        print("there is no vectors.packed\n");
        exit(false)
    };
    let mut tally = Tally::default();
    let mut length = [0; 4];
    while file.read(&mut length).is_some() {
        let record = usize::try_from(u32::from_le_bytes(length)).ok().and_then(|length| ROOM.get_mut(..length));
        let Some(record) = record else { break };
        if file.read(record).is_none() {
            break;
        }
        tally.add(record);
    }
    print("deepest stack of a verification: ");
    print_number(tally.stack);
    print(" bytes\nvectors: ");
    print_number(tally.passed);
    print(" of ");
    print_number(tally.run);
    print(" passed\n");
    exit(tally.run > 0 && tally.passed == tally.run)
}

impl Tally {
    fn add(&mut self, record: &[u8]) {
        self.run += 1;
        let Some(vector) = Vector::read(record) else {
            return print("a vector cannot be read\n");
        };
        let (mut passed, mut asked) = (true, false);
        vector.judge(|ask| {
            let measured: Option<(Verdict, usize)> = stack::measure(ask);
            let Some((verdict, stack)) = measured else {
                print("the stack is too small\n");
                exit(false)
            };
            self.stack = self.stack.max(stack);
            passed &= verdict == vector.expected;
            asked = true;
        });
        if passed && asked {
            self.passed += 1;
        } else {
            print(vector.id);
            print(": not the verdict that it must have\n");
        }
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    print("panicked\n");
    exit(false)
}
