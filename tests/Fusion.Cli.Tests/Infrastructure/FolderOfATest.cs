namespace Fusion.Cli.Tests.Infrastructure;

/// <summary>Gives each test a folder of its own, with a blank in its name, that is gone afterwards.</summary>
public abstract class FolderOfATest
{
    protected string Folder { get; private set; } = "";

    [SetUp]
    public void MakeTheFolder() => Folder = Directory.CreateTempSubdirectory("fusion tool ").FullName;

    [TearDown]
    public void DeleteTheFolder() => Directory.Delete(Folder, recursive: true);
}
