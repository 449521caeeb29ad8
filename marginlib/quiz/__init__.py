"""The parts that make a lesson teach: predict, check, drill.

Questions are data (``data/lessons/NN.toml``). The right answer is always the engine's, and so is every recognised
mistake: what a wrong model of the rules would give for the same scenario.

* :mod:`~marginlib.quiz.answers`: what a scenario can be asked, such as ``taken:BTC``;
* :mod:`~marginlib.quiz.mistakes`: wrong models that people hold, each with its feedback;
* :mod:`~marginlib.quiz.question`: a question, and how a given answer is judged;
* :mod:`~marginlib.quiz.drills`: endless questions from a seed;
* :mod:`~marginlib.quiz.endings`: answers, mistakes and drills of lessons 03 and 04;
* :mod:`~marginlib.quiz.shorting`: those of lesson 02;
* :mod:`~marginlib.quiz.ways_out`: those of lesson 06;
* :mod:`~marginlib.quiz.margin_calls`: those of lesson 07;
* :mod:`~marginlib.quiz.lesson`: one line a part, for a notebook.
"""

from marginlib.quiz import endings, margin_calls, shorting, ways_out  # noqa: F401 - to import it registers them
