"""`python -m crawler crawl NAME …`: what `scrapy crawl NAME …` does in this project, with half the work at its start.

Scrapy imports every command that there is to find the one that was meant, and Python looks for garbage meanwhile, of
which there is none. Any other command is Scrapy's own.
"""

from __future__ import annotations

import gc
import sys
from typing import NoReturn


def main(arguments: list[str]) -> NoReturn:
    """Do what a command line says; exits as `scrapy` does."""
    if arguments[:1] != ["crawl"] or any(argument.startswith("--prof") for argument in arguments):
        from scrapy.cmdline import execute

        execute(["scrapy", *arguments])
        sys.exit()
    gc.disable()  # RunExtension goes on collecting when the run is open
    from scrapy.cmdline import ScrapyArgumentParser
    from scrapy.commands import ScrapyHelpFormatter
    from scrapy.exceptions import UsageError
    from scrapy.utils.project import get_project_settings

    settings = get_project_settings()
    from crawler.commands.crawl import Command

    command = Command()
    settings.setdict(command.default_settings, priority="command")
    command.settings = settings
    parser = ScrapyArgumentParser(
        prog="scrapy",
        usage=f"scrapy crawl {command.syntax()}",
        description=command.long_desc(),
        formatter_class=ScrapyHelpFormatter,
        conflict_handler="resolve",
    )
    command.add_options(parser)
    options, rest = parser.parse_known_args(arguments[1:])
    try:
        command.process_options(rest, options)
        command.run(rest, options)
    except UsageError as error:
        if str(error):
            parser.error(str(error))
        if error.print_help:
            parser.print_help()
        sys.exit(2)
    sys.exit(command.exitcode)


if __name__ == "__main__":
    main(sys.argv[1:])
