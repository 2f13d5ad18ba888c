SELECT sum(events) AS events, sum(late) AS late, sum(repeats) AS repeats, sum(own_copies) AS own_copies FROM ${views}.repeats
