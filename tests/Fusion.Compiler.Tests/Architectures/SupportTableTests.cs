using Fusion.Compiler.Architectures;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Architectures;

public sealed class SupportTableTests
{
    private static readonly int[] Nvrtc118 = [35, 37, 50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90];
    private static readonly int[] Nvrtc128 = [75, 80, 86, 87, 89, 90, 100, 101, 120];
    private static readonly int[] Nvrtc130 = [75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121];

    [TestCase("sm_90", true, true, true)]
    [TestCase("compute_90", true, true, true)]
    [TestCase("sm_90a", false, true, true)]
    [TestCase("sm_100a", false, true, true)]
    [TestCase("sm_100f", false, false, true)]
    [TestCase("sm_120f", false, false, true)]
    [TestCase("sm_101", false, true, false)]
    [TestCase("sm_89a", false, false, false)]
    [TestCase("sm_90f", false, false, false)]
    public void AVersionHasWhatItListsAndTheFormsOfItsTime(string architecture, bool by118, bool by128, bool by130)
    {
        var parsed = GpuArchitecture.Parse(architecture);

        Assert.That(SupportTable.Supports(new(11, 8), Nvrtc118, parsed), Is.EqualTo(by118));
        Assert.That(SupportTable.Supports(new(12, 8), Nvrtc128, parsed), Is.EqualTo(by128));
        Assert.That(SupportTable.Supports(new(13, 0), Nvrtc130, parsed), Is.EqualTo(by130));
    }

    [TestCase("sm_90a", "NVRTC 12.0 or later would do")]
    [TestCase("sm_100f", "NVRTC 12.9 or later would do")]
    [TestCase("sm_103a", "NVRTC 12.9 or later would do")]
    [TestCase("sm_110", "NVRTC 13.0 or later would do")]
    [TestCase("sm_35", "NVRTC 11.0 to 11.8 would do")]
    [TestCase("compute_70", "NVRTC 11.0 to 12.9 would do")]
    [TestCase("sm_101", "NVRTC 12.8 to 12.9 would do; from 13.0 on it is called 110")]
    [TestCase("sm_80a", "no NVRTC has that form: the oldest is sm_90a")]
    [TestCase("sm_99", "no NVRTC that this version of fusionc knows of has it")]
    public void TheTableSaysWhichVersionWouldDo(string architecture, string expected) =>
        Assert.That(SupportTable.WhichWouldDo(GpuArchitecture.Parse(architecture)), Is.EqualTo(expected));
}
