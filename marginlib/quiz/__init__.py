"""The parts that make a lesson teach: predict, check, drill.

Questions are data (``data/lessons/NN.toml``). The right answer is always the engine's, and so is every recognised
mistake: what a wrong model of the rules would give for the same scenario.

* :mod:`~marginlib.quiz.answers`: what a scenario can be asked, such as ``taken:BTC``;
* :mod:`~marginlib.quiz.mistakes`: wrong models that people hold, each with its feedback;
* :mod:`~marginlib.quiz.question`: a question, and how a given answer is judged;
* :mod:`~marginlib.quiz.drills`: endless questions from a seed;
* :mod:`~marginlib.quiz.lesson`: one line a part, for a notebook.
"""
