//! Moving time: everything that is due on the way happens, in order, before the clock reaches its goal.

use super::World;
use crate::services;
use jiff::Timestamp;

/// Steps at one moment after which a service that keeps announcing work for that moment is no longer listened to.
const STEPS_AT_ONE_MOMENT: u32 = 10_000;

impl World {
    /// Brings the world to the time that its clock says it should have.
    pub fn advance(&mut self) {
        let due = self.clock.due();
        self.advance_to(due);
    }

    /// Lets time pass up to `goal`. Services do their work at the moments they announced, so a stack that is ready at ten
    /// past sees the alarm that rang at five past.
    pub fn advance_to(&mut self, goal: Timestamp) {
        let mut steps = 0;
        while let Some(moment) = self.next_due().filter(|at| *at <= goal) {
            steps = if moment > self.now() { 0 } else { steps + 1 };
            if steps > STEPS_AT_ONE_MOMENT {
                break;
            }
            self.clock.set(moment);
            self.tick();
        }
        self.clock.set(goal);
        self.tick();
    }

    /// The next moment at which something happens by itself.
    pub fn next_due(&self) -> Option<Timestamp> {
        services::REGISTRY.iter().filter_map(|service| service.next_due?(self)).min()
    }

    fn tick(&mut self) {
        for service in services::REGISTRY {
            if let Some(tick) = service.tick {
                tick(self);
            }
        }
    }
}
