using Fusion.Build.Contract;

namespace Fusion.Compiler.Output;

/// <summary>Keeps a second fusionc out of the same output folder.</summary>
internal static class OutputLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows.
    private static readonly int[] HeldByAnother = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    /// <summary>Waits until no other fusionc is at work, however long that takes: the system frees the lock of a process that
    /// ended, so whoever holds it lives, and its compilations have limits of their own.</summary>
    /// <param name="path">The lock file. It stays when the lock is given back: to delete it would let two in at once.</param>
    /// <param name="waiting">Called once if there is a wait.</param>
    /// <param name="problem">Why there is no lock; null if there is one.</param>
    /// <returns>What gives the lock back when it is disposed; null if there can be none.</returns>
    public static IDisposable? Take(string path, Action waiting, out Diagnostic? problem)
    {
        problem = null;
        var waits = false;
        while (true)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (HeldByAnother.Contains(e.HResult))
            {
                if (!waits) waiting();
                waits = true;
                Thread.Sleep(Pause);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problem = new WriteException(path, e).ToDiagnostic();
                return null;
            }
        }
    }
}
