using Fusion.Runtime.Distributed.Launchers;

namespace Fusion.Runtime.Distributed.Tests.Launchers;

public sealed class ProxyOfHydra
{
    // Of MPICH 4.0.2 on Linux 6: /proc/PID/stat.
    [TestCase("14932 (hydra_pmi_proxy) S 14931 14932 14932 0 -1 4194304 155 0 0 0 0 0 0 0 20 0 1 0 5249070 3137536 484 18446744073709551615 1 2 3", "14932", "hydra_pmi_proxy", "14931", "5249070")]
    // A program may be called anything.
    [TestCase("7 (a (b) c) S 1 7 7 0 -1 4194304 155 0 0 0 0 0 0 0 20 0 1 0 99 0", "7", "a (b) c", "1", "99")]
    public void IsReadFromWhatLinuxSaysOfAProcess(string text, string id, string program, string parent, string start) =>
        Assert.That(HydraProxy.Parse(text), Is.EqualTo((id, program, parent, start)));

    [TestCase("")]
    [TestCase("7")]
    [TestCase("7 (a")]
    [TestCase("7 (a) S 1 2")]
    [TestCase("7 (a) S x 7 7 0 -1 4194304 155 0 0 0 0 0 0 0 20 0 1 0 99 0")]
    public void IsNotReadFromAnythingElse(string text) => Assert.That(HydraProxy.Parse(text), Is.Null);
}
