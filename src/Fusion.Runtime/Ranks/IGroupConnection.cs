namespace Fusion.Runtime;

/// <summary>Connection of a group's process to those of its other ranks.</summary>
internal interface IGroupConnection : IDisposable
{
    /// <summary>Longest time of a step that makes something.</summary>
    TimeSpan Timeout { get; }

    /// <summary>Why the group does no more; null while all ranks are there. The same object for all: do not throw it.</summary>
    PeerGoneException? Gone { get; }

    /// <summary>Makes a name for steps, which is the same on all ranks if they make their names in the same order.</summary>
    string NewName();

    /// <summary>Gives this rank's part of a step and waits for those of all others.</summary>
    /// <param name="step">Name of the step, the same on all ranks and used once.</param>
    /// <param name="part">This rank's part, 64 KiB at most.</param>
    /// <returns>All parts in the order of the ranks.</returns>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    /// <exception cref="FusionException">Not all came in time.</exception>
    byte[][] Gather(string step, byte[] part);

    /// <summary>Waits until all ranks have come to a step, one of them is gone, or the time is over.</summary>
    /// <param name="step">Name of the step, the same on all ranks and used once.</param>
    /// <param name="timeout">Longest time to wait.</param>
    void Meet(string step, TimeSpan timeout);

    /// <summary>Calls an action every few milliseconds until it is removed, on a thread that must not be held up.</summary>
    /// <param name="tick">The action.</param>
    void AddTick(Action tick);

    /// <summary>Ends <see cref="AddTick"/>; the action is not called any more when this returns.</summary>
    /// <param name="tick">The action.</param>
    void RemoveTick(Action tick);
}
