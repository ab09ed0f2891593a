"""Sentences of invented sources, what may be said after them, and what may not.

A block is one sentence. `=` is a faithful shorter form; a line with a kind is the same with one thing changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

KINDS = ("number", "name", "negation", "hedge", "quantifier", "role")


@dataclass(frozen=True)
class Pair:
    """A source sentence and one draft made of it; `kind` is "faithful" or what was changed."""

    source: str
    draft: str
    kind: str


BLOCKS = """
In March the clinic moved its pharmacy window to the exit, and in six weeks the average wait fell from 19 to 11 minutes.
= After the clinic moved its pharmacy window to the exit, the average wait fell from 19 to 11 minutes.
number: After the clinic moved its pharmacy window to the exit, the average wait fell from 19 to 12 minutes.
role: After the clinic moved its pharmacy window to the exit, the average wait fell from 11 to 19 minutes.

Applicants who have never worked in a bank, said Orla Finch, are welcome, but they must pass a two-day course first.
= Applicants who have never worked in a bank must pass a two-day course first.
negation: Applicants who have worked in a bank must pass a two-day course first.
name: Applicants who have never worked in a bank, said Orla Marsh, are welcome.

The city council voted 7 to 4 on Tuesday to close Harbor Street to cars for one year.
= The city council voted 7 to 4 to close Harbor Street to cars for one year.
number: The city council voted 8 to 4 to close Harbor Street to cars for one year.
name: The city council voted 7 to 4 on Monday to close Harbor Street to cars.

The new sensor, which costs about $40, can detect leaks that a technician would miss.
= The new sensor, which costs about $40, can detect leaks that a technician would miss.
number: The new sensor, which costs about $400, can detect leaks that a technician would miss.
hedge: The new sensor detects leaks that a technician would miss.

Bramble Foods bought Oat & Co. for $12 million in 2019, three years after the two firms had first met.
= Bramble Foods bought Oat & Co. for $12 million in 2019.
role: Oat & Co. bought Bramble Foods for $12 million in 2019.
number: Bramble Foods bought Oat & Co. for $12 million in 2018.

Some of the nurses who tried the new schedule said that it left them more rested.
= Some of the nurses who tried the new schedule said that it left them more rested.
quantifier: All of the nurses who tried the new schedule said that it left them more rested.
quantifier: The nurses who tried the new schedule said that it left them more rested.

The grant may cover travel, although applicants should ask the office before they book.
= The grant may cover travel.
hedge: The grant covers travel, although applicants should ask the office.
negation: The grant may not cover travel, although applicants should ask the office.

Most teams that moved to weekly releases reported fewer bugs, but two of them went back within a month.
= Most teams that moved to weekly releases reported fewer bugs.
quantifier: All teams that moved to weekly releases reported fewer bugs.
number: Most teams reported fewer bugs, but three of them went back within a month.

Dr. Ines Okafor, a soil scientist at the Lindholm Institute, found that cover crops doubled the number of earthworms.
= Ines Okafor, a soil scientist, found that cover crops doubled the number of earthworms.
name: Ines Ferrara, a soil scientist, found that cover crops doubled the number of earthworms.
role: Ines Okafor, a soil scientist, found that earthworms doubled the number of cover crops.

The library does not charge late fees, and it has not done so since 2015.
= The library does not charge late fees, and it has not done so since 2015.
negation: The library charges late fees.
number: The library has not done so since 2016, and it does not charge late fees.

Only licensed electricians may open the panel while the building is occupied.
= Only licensed electricians may open the panel while the building is occupied.
quantifier: Licensed electricians may open the panel while the building is occupied.
hedge: Only licensed electricians open the panel while the building is occupied.

Rosa Tan told Mikael Berg that the shipment, due on Friday, would arrive a week late.
= Rosa Tan told Mikael Berg that the shipment would arrive a week late.
role: Mikael Berg told Rosa Tan that the shipment would arrive a week late.
name: Rosa Tan told Mikael Berg that the shipment, due on Thursday, would arrive a week late.

About 40 percent of the students finished the course, up from 25 percent the year before.
= About 40 percent of the students finished the course, up from 25 percent.
role: About 25 percent of the students finished the course, up from 40 percent the year before.
number: About 45 percent of the students finished the course.

If the pump fails, the valve closes by itself and an alarm sounds in the control room.
= If the pump fails, the valve closes by itself.
hedge: The valve closes by itself and an alarm sounds in the control room.
negation: If the pump fails, the valve never closes by itself.

The company plans to open a second bakery in Ghent next spring, because its first one is too small.
= The company plans to open a second bakery in Ghent next spring.
hedge: The company opens a second bakery in Ghent next spring.
name: The company plans to open a second bakery in Bruges next spring.

Teams that wrote tests first shipped later than teams that did not, yet they fixed fewer defects afterwards.
= Teams that wrote tests first shipped later than teams that did not.
negation: Teams that did not write tests first shipped later than teams that wrote tests.
quantifier: All teams that wrote tests first shipped later than teams that did not.

The bridge was closed for 14 hours on June 3, 2021, after an inspector found a crack in the eastern pier.
= The bridge was closed for 14 hours on June 3, 2021.
number: The bridge was closed for 14 hours on June 8, 2021.
name: The bridge was closed for 14 hours on July 3, 2021.

The trial, which enrolled 212 patients, did not show that the drug shortens the illness.
= The trial, which enrolled 212 patients, did not show that the drug shortens the illness.
negation: The trial did show that the drug shortens the illness.
number: The trial enrolled 221 patients and did not show that the drug shortens the illness.

Each volunteer must complete a background form, and nobody under 16 can drive the van.
= Each volunteer must complete a background form, and nobody under 16 can drive the van.
negation: Each volunteer must complete a background form, and anybody under 16 can drive the van.
number: Nobody under 18 can drive the van.

Lena Voss replaced Omar Haddad as head of the museum, after the roof repairs ran over budget.
= Lena Voss replaced Omar Haddad as head of the museum.
role: Omar Haddad replaced Lena Voss as head of the museum.
name: Lena Voss replaced Omar Malik as head of the museum.

The app could save a shop owner five hours a week, according to a survey of 90 owners.
= The app could save a shop owner five hours a week, according to a survey of 90 owners.
hedge: The app saves a shop owner five hours a week, according to a survey of 90 owners.
number: The app could save a shop owner nine hours a week.

At least 30 of the 48 farms now rotate their fields every two years.
= At least 30 of the 48 farms rotate their fields every two years.
quantifier: All of the 48 farms now rotate their fields every two years.
number: At least 30 of the 84 farms now rotate their fields every two years.

The school refused to publish the results until the parents had seen them.
= The school refused to publish the results until the parents had seen them.
negation: The school published the results.
hedge: The school refused to publish the results.

Workers prefer the morning shift to the night shift because the buses run more often then.
= Workers prefer the morning shift to the night shift.
role: Workers prefer the night shift to the morning shift.
negation: Workers do not prefer the morning shift to the night shift.

The foundation gave the Tidewater Choir $8,500, and the choir used the money to buy new robes.
= The foundation gave the Tidewater Choir $8,500.
number: The foundation gave the Tidewater Choir $5,800.
name: The foundation gave the Riverside Choir $8,500.

Doors open at 4:30 PM, and the first talk, by Priya Nair, begins half an hour later.
= Doors open at 4:30 PM, and the first talk begins half an hour later.
number: Doors open at 5:30 PM, and the first talk begins half an hour later.
number: Doors open at 4:30 AM, and the first talk begins half an hour later.

Nobody on the team had used Rust before the project, so they set aside two weeks for learning.
= Nobody on the team had used Rust before the project.
negation: The team had used Rust before the project, so they set aside two weeks for learning.
name: Nobody on the team had used Go before the project.

The report suggests that remote staff take fewer sick days, though its authors call the evidence thin.
= The report suggests that remote staff take fewer sick days.
hedge: Remote staff take fewer sick days, though its authors call the evidence thin.
negation: The report suggests that remote staff do not take fewer sick days.

Solar panels on the depot roof produce 310 kilowatts at noon, nearly all of what the depot needs.
= Solar panels on the depot roof produce 310 kilowatts at noon.
quantifier: Solar panels on the depot roof produce all of what the depot needs.
number: Solar panels on the depot roof produce 130 kilowatts at noon.

Mentors of new nurses are not paid, but they receive a rail pass and lunch on training days.
= Mentors of new nurses are not paid.
negation: Mentors of new nurses are paid, and they receive a rail pass and lunch on training days.
quantifier: Mentors of new nurses are not paid, but they always receive a rail pass and lunch.

Hana Suzuki beat Tomas Reyes in the final, which lasted just under three hours.
= Hana Suzuki beat Tomas Reyes in the final.
role: Tomas Reyes beat Hana Suzuki in the final.
name: Hana Suzuki beat Tomas Ortega in the final.

The museum keeps fewer than 200 of its 3,000 paintings on display because its walls are damp.
= The museum keeps fewer than 200 of its 3,000 paintings on display.
quantifier: The museum keeps 200 of its 3,000 paintings on display.
number: The museum keeps fewer than 300 of its 3,000 paintings on display.

Several customers asked for a paper invoice, which the shop, to their surprise, no longer offers.
= Several customers asked for a paper invoice, which the shop no longer offers.
negation: Several customers asked for a paper invoice, which the shop offers.
quantifier: Most customers asked for a paper invoice, which the shop no longer offers.

The ferry is expected to resume service by 9 a.m. on Sunday, which is its busiest day.
= The ferry is expected to resume service by 9 a.m. on Sunday.
hedge: The ferry will resume service by 9 a.m. on Sunday.
number: The ferry is expected to resume service by 8 a.m. on Sunday.

Farmers sold more milk to schools than to hotels last year, the first time that has happened.
= Farmers sold more milk to schools than to hotels last year.
role: Farmers sold more milk to hotels than to schools last year.
quantifier: Farmers sold less milk to schools than to hotels last year.

The editor cut the chapter on tides because it repeated what the introduction had already explained.
= The editor cut the chapter on tides because it repeated what the introduction had explained.
negation: The editor never cut the chapter on tides because it repeated what the introduction had already explained.
role: The editor cut the introduction because it repeated what the chapter on tides had already explained.

Staff should never store passwords in a shared file, even one that is encrypted.
= Staff should never store passwords in a shared file.
negation: Staff should store passwords in a shared file.
hedge: Staff never store passwords in a shared file, even one that is encrypted.

The orchestra raised ticket prices by 6% in Lyon and by 9% in Nantes, where its costs had grown fastest.
= The orchestra raised ticket prices by 6% in Lyon and by 9% in Nantes.
role: The orchestra raised ticket prices by 9% in Lyon and by 6% in Nantes.
name: The orchestra raised ticket prices by 6% in Lille and by 9% in Nantes.

Half of the interns who applied were offered a permanent job at the end of the summer.
= Half of the interns who applied were offered a permanent job.
quantifier: The interns who applied were offered a permanent job at the end of the summer.
number: A third of the interns who applied were offered a permanent job.

The water is safe to drink unless the indicator strip turns blue within a minute.
= The water is safe to drink unless the indicator strip turns blue within a minute.
hedge: The water is safe to drink.
negation: The water is not safe to drink unless the indicator strip turns blue.

Joan Alder trained Petra Lind, who now runs the kiln and has won two awards.
= Joan Alder trained Petra Lind.
role: Petra Lind trained Joan Alder, who now runs the kiln.
number: Joan Alder trained Petra Lind, who has won three awards.

The team failed to reproduce the crash on Linux, though it appeared twice a day on older phones.
= The team failed to reproduce the crash on Linux.
negation: The team reproduced the crash on Linux, though it appeared twice a day on older phones.
name: The team failed to reproduce the crash on Windows.

The course runs for 12 weeks and costs $950, which includes the exam fee and all books.
= The course runs for 12 weeks and costs $950.
number: The course runs for 10 weeks and costs $950, which includes the exam fee and all books.
number: The course runs for 12 weeks and costs €950, which includes the exam fee.

Many readers wrote to the paper, and few of them agreed with its view on parking.
= Many readers wrote to the paper.
quantifier: Many readers wrote to the paper, and many of them agreed with its view on parking.
quantifier: Readers wrote to the paper, and few of them agreed with its view on parking.

The inspector blamed the contractor rather than the architect for the cracks in the wall, which had opened in May.
= The inspector blamed the contractor rather than the architect for the cracks in the wall.
role: The inspector blamed the architect rather than the contractor for the cracks in the wall.
negation: The inspector blamed the architect for the cracks in the wall.

A candidate would need a driving licence, and experience with forklifts is welcome but not required.
= A candidate would need a driving licence, and experience with forklifts is welcome but not required.
negation: A candidate would need a driving licence, and experience with forklifts is required.
hedge: A candidate needs a driving licence.

Version 3.10 of the library drops support for Windows 7, which fewer than 1% of its users still run.
= Version 3.10 of the library drops support for Windows 7, which fewer than 1% of its users still run.
number: Version 3.11 of the library drops support for Windows 7.
number: Version 3.10 of the library drops support for Windows 8.

The unions accepted the offer on behalf of 2,300 drivers, and the strike that had been set for Monday was called off.
= The unions accepted the offer on behalf of 2,300 drivers, and the strike was called off.
number: The unions accepted the offer on behalf of 3,200 drivers.
negation: The unions have not accepted the offer on behalf of 2,300 drivers.

Engineers at Corvane think that the battery might last ten years if it is kept cool.
= Engineers at Corvane think that the battery might last ten years if it is kept cool.
hedge: Engineers at Corvane think that the battery might last ten years.
hedge: The battery lasts ten years if it is kept cool.

Sales rose in every region except the north, where two stores had closed for repairs.
= Sales rose in every region except the north.
quantifier: Sales rose in every region, including the north.
negation: Sales rose in the north, where two stores had closed for repairs.

The judge asked the witness whether the lawyer had called her before the hearing.
= The judge asked the witness whether the lawyer had called her.
role: The witness asked the judge whether the lawyer had called her before the hearing.
role: The lawyer asked the witness whether the judge had called her before the hearing.

Up to 15 people can join the workshop, and places are given in the order in which people sign in.
= Up to 15 people can join the workshop.
quantifier: More than 15 people can join the workshop.
number: Up to 50 people can join the workshop.

The bakery uses rye from Jutland and salt from Portugal, and it makes its own butter.
= The bakery uses rye from Jutland and salt from Portugal.
role: The bakery uses rye from Portugal and salt from Jutland.
name: The bakery uses rye from Jutland and salt from Spain.

The nurses' group says the rule would probably lengthen shifts, which the hospital denies.
= The nurses' group says the rule would probably lengthen shifts.
hedge: The nurses' group says the rule would lengthen shifts.
negation: The nurses' group says the rule would probably not lengthen shifts.

Temperatures in the server room never rose above 24 degrees, even when one of the two fans was off.
= Temperatures in the server room never rose above 24 degrees.
negation: Temperatures in the server room rose above 24 degrees, even when one of the two fans was off.
number: Temperatures in the server room never rose above 42 degrees.

Vera Stone, not her brother Ivo, signed the contract that moved the mill to Turku.
= Vera Stone, not her brother Ivo, signed the contract that moved the mill to Turku.
role: Ivo, not Vera Stone, signed the contract that moved the mill to Turku.
name: Vera Stone signed the contract that moved the mill to Tampere.

More than 900 members answered the survey, and two thirds of them asked for longer opening hours.
= More than 900 members answered the survey, and two thirds of them asked for longer opening hours.
number: More than 900 members answered the survey, and three quarters of them asked for longer opening hours.
quantifier: All members asked for longer opening hours, and more than 900 answered the survey.

The pilot saved fuel on short routes, but on long routes it used slightly more than before.
= The pilot saved fuel on short routes.
role: The pilot saved fuel on long routes, but on short routes it used slightly more than before.
quantifier: The pilot saved fuel on all routes.

No student is turned away for lack of money, and the fund paid for 61 meals a day last winter.
= No student is turned away for lack of money, and the fund paid for 61 meals a day last winter.
negation: A student is turned away for lack of money.
number: The fund paid for 16 meals a day last winter.

The garden has been run by Noor Amari since 2012, when its founder, Edith Cole, retired.
= The garden has been run by Noor Amari since 2012.
name: The garden has been run by Edith Amari since 2012.
role: The garden has been run by Edith Cole since 2012, when its founder, Noor Amari, retired.
"""


def pairs() -> Iterator[Pair]:
    """Every draft with its source."""
    for block in BLOCKS.strip().split("\n\n"):
        source, *lines = block.splitlines()
        for line in lines:
            kind, _, draft = line.partition(" ")
            yield Pair(source, draft, "faithful" if kind == "=" else kind.removesuffix(":"))
