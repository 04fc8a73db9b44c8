from finesift.cli import main

main()
