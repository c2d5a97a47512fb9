/** A project whose deploy stage waits, silently, until its gate is opened: a running task that says nothing by itself. */
export const gatedProjectFile = `version: 1
deploy:
  - name: wait at the gate
    run: while [ ! -e "$GATE" ]; do sleep 0.2; done
`;
