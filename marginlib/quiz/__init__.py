"""The parts that make a lesson teach: predict, check, drill.

Questions are data (``data/lessons/NN.toml``). The right answer is always the engine's, and so is every recognised
mistake: what a wrong model of the rules would give for the same scenario.

The mechanism:

* :mod:`~marginlib.quiz.registry`: names that are given once;
* :mod:`~marginlib.quiz.asking`: an ask, such as ``taken:BTC``, of a case, which is a scenario with its story; the way
  to the answer;
* :mod:`~marginlib.quiz.mistakes`: wrong models, each with its feedback;
* :mod:`~marginlib.quiz.operators`: mistakes made of the rules: the engine run with one bent;
* :mod:`~marginlib.quiz.figures`: numbers in texts, from the story's rulebook;
* :mod:`~marginlib.quiz.question`: a question, and how a given answer is judged;
* :mod:`~marginlib.quiz.file`: a lesson's file of questions, looked through whole when it is read;
* :mod:`~marginlib.quiz.drills`: endless questions from a seed;
* :mod:`~marginlib.quiz.shelf`: where lessons lie;
* :mod:`~marginlib.quiz.lesson`: one line a part, for a notebook;
* :mod:`~marginlib.quiz.practice`: drills of all lessons, mixed; what comes next (:mod:`~marginlib.quiz.schedule`), a
  way with steps to fill in (:mod:`~marginlib.quiz.blanks`), and what is remembered (:mod:`~marginlib.quiz.memory`).

What several lessons share (one lesson's own lies in its folder):

* :mod:`~marginlib.quiz.answers`: what every story can be asked;
* :mod:`~marginlib.quiz.bends`: the rules bent, one by one, as the engine itself then answers;
* :mod:`~marginlib.quiz.models`: other wrong models that several lessons recognise;
* :mod:`~marginlib.quiz.workings`: the way to a margin figure.
"""

# What is shared registers itself when it is imported: whoever imports a part of the framework can rely on it.
from marginlib.quiz import answers, bends, models, workings

__all__ = ["answers", "bends", "models", "workings"]
